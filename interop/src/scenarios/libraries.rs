//! Zarr arrays that we write, opened by zarr-python, tensorstore and zarrs.

use dj_codecs::api::{Array, Context, DType, FormatVersion, Order};
use dj_codecs::npy::save_npy;
use dj_codecs::zarr::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrCodec, ZarrOptions};

use crate::failed::{Outcome, ensure};
use crate::report::Report;
use crate::workspace::Workspace;

/// Those that read a store of each kind; zarrs has no S3 in Python.
const OF_FOLDERS: [&str; 3] = ["zarr", "tensorstore", "zarrs"];
const OF_BUCKETS: [&str; 2] = ["zarr", "tensorstore"];
const V1: FormatVersion = FormatVersion::new(1, 0);
const V2: FormatVersion = FormatVersion::new(2, 0);

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    for (store, libraries, versions) in [
        ("local", &OF_FOLDERS[..], &[V2, V1][..]),
        ("cloud", &OF_BUCKETS, &[V2]),
    ] {
        for &version in versions {
            let name = format!(
                "<zarr@{store}> {version}: each array that we write, opened by {}",
                libraries.join(", ")
            );
            report.scenario(&name, |checks| {
                for case in ws.cases.iter().filter(|case| case.is_portable()) {
                    checks.check(&case.name, || {
                        let opened = Opened {
                            ws,
                            store,
                            libraries,
                            version,
                            name: &case.name,
                        };
                        opened.check(&case.read()?, &case.file, &ZarrOptions::default())
                    });
                }
            });
        }
    }
    report.scenario(
        "<zarr@local>: each option of the writer, opened by zarr, tensorstore, zarrs",
        |checks| {
            for (name, options) in options() {
                for version in [V2, V1] {
                    checks.check(format!("{name}, {version}"), || {
                        let case = ws.case("mostly-zeros")?;
                        let opened = Opened {
                            ws,
                            store: "local",
                            libraries: &OF_FOLDERS,
                            version,
                            name: &name,
                        };
                        opened.check(&case.read()?, &case.file, &options)
                    });
                }
            }
        },
    );
    let holes = holes()?;
    report.scenario(
        "<zarr@local>: fill values and holes, opened by zarr, tensorstore, zarrs",
        |checks| {
            for (number, (array, options)) in holes.into_iter().enumerate() {
                checks.check(format!("{array:?} {number}"), || {
                    let file = ws.folder.join(format!("holes-{number}.npy"));
                    save_npy(&file, &array)?;
                    let opened = Opened {
                        ws,
                        store: "local",
                        libraries: &OF_FOLDERS,
                        version: V2,
                        name: &format!("holes{number}"),
                    };
                    opened.check(&array, &file, &options)
                });
            }
        },
    );
    Ok(())
}

/// One array, written and opened.
struct Opened<'a> {
    ws: &'a Workspace,
    store: &'a str,
    libraries: &'a [&'a str],
    version: FormatVersion,
    name: &'a str,
}

impl Opened<'_> {
    fn check(&self, array: &Array, file: &std::path::Path, options: &ZarrOptions) -> Outcome {
        let cx = self.context();
        let codec = ZarrCodec::new(options.clone());
        let record = codec.write(array, &cx)?;
        let path = record.path().to_owned();
        for library in self.libraries {
            self.ws
                .peer
                .open_zarr_equal(library, Some(self.store), &path, file)?;
        }
        let ours = codec.open(record.into_record(), &cx)?;
        ensure(ours.format_version() == self.version, || {
            format!("we read format {}", ours.format_version())
        })?;
        ensure(ours.read()? == *array, || "we read another array".into())
    }

    fn context(&self) -> Context {
        let cx = self.ws.reading().with_field("libraries", self.name, "array");
        cx.with_key("format", self.version.to_string())
            .with_column_store(Some(self.store))
            .with_format_version(self.version)
    }
}

/// Each compressor, and each way of cutting the array.
fn options() -> Vec<(String, ZarrOptions)> {
    let chunked = || ZarrOptions::default().with_chunk_shape(&[16, 64, 64]);
    let mut all = Vec::new();
    for codec in [
        BloscCompressor::BloscLz,
        BloscCompressor::Lz4,
        BloscCompressor::Lz4Hc,
        BloscCompressor::Zlib,
        BloscCompressor::Zstd,
    ] {
        for (shuffle, level) in [(Shuffle::None, 1), (Shuffle::Byte, 5), (Shuffle::Bit, 9)] {
            let compressor = Compressor::Blosc {
                codec,
                level,
                shuffle,
            };
            all.push((format!("{compressor:?}"), chunked().with_compressor(compressor)));
        }
    }
    for compressor in [
        Compressor::Blosc {
            codec: BloscCompressor::Zstd,
            level: 0,
            shuffle: Shuffle::Bit,
        },
        Compressor::Zstd { level: -7 },
        Compressor::Zstd { level: 0 },
        Compressor::Zstd { level: 19 },
        Compressor::Gzip { level: 0 },
        Compressor::Gzip { level: 6 },
        Compressor::None,
    ] {
        for checksum in [true, false] {
            let options = chunked()
                .with_compressor(compressor.clone())
                .with_checksum(checksum);
            all.push((format!("{compressor:?}, checksum {checksum}"), options));
        }
    }
    for (chunk, shard) in [
        ([8, 32, 128], [32, 64, 128]),
        ([7, 50, 60], [14, 150, 120]),
        ([64, 128, 128], [64, 128, 128]),
    ] {
        for checksum in [true, false] {
            let sharding = Sharding::Shape(shard.to_vec());
            let options = ZarrOptions::default()
                .with_chunk_shape(&chunk)
                .with_sharding(sharding)
                .with_checksum(checksum);
            all.push((
                format!("chunks {chunk:?} in shards {shard:?}, checksum {checksum}"),
                options,
            ));
        }
    }
    for chunk in [[1, 128, 128], [64, 1, 128], [100, 200, 300], [5, 31, 127]] {
        all.push((
            format!("chunks {chunk:?}"),
            ZarrOptions::default().with_chunk_shape(&chunk),
        ));
    }
    let noted = chunked().with_attribute("rig", "two-photon 3 µm");
    all.push(("an attribute".into(), noted));
    all
}

/// Arrays with chunks that hold nothing but the fill value, which are not stored.
fn holes() -> Outcome<Vec<(Array, ZarrOptions)>> {
    let options = |chunk: &[u64], fill: Array| {
        ZarrOptions::default()
            .with_chunk_shape(chunk)
            .with_fill_value(fill)
    };
    let mut floats = vec![f64::NAN; 40 * 50];
    let row = floats.iter_mut().skip(13 * 50).take(50);
    row.zip(1_u32..)
        .for_each(|(element, number)| *element = f64::from(number) / 3.0);
    let mut ints = vec![0_i32; 20 * 20];
    ints.extend([5; 20]);
    let complex = |parts: [f64; 2]| -> Vec<u8> { parts.iter().flat_map(|part| part.to_le_bytes()).collect() };
    let blank = complex([f64::NAN, -0.0]);
    let complexes = [blank.repeat(6), complex([1.5, -2.5]), blank.repeat(2)].concat();
    let dtype: DType = "<c16".parse()?;
    let sharded = Sharding::Shape(vec![12, 12]);
    Ok(vec![
        (
            Array::from_vec(floats, &[40, 50])?,
            options(&[8, 10], Array::scalar(f64::NAN)),
        ),
        (
            Array::from_vec(vec![7_u16; 33], &[33])?,
            options(&[5], Array::scalar(7_u16)),
        ),
        (
            Array::from_vec(ints.clone(), &[21, 20])?,
            options(&[6, 6], Array::scalar(0_i32)),
        ),
        (
            Array::from_vec(ints, &[21, 20])?,
            options(&[6, 6], Array::scalar(0_i32)).with_sharding(sharded),
        ),
        (
            Array::from_vec(vec![-1_i64; 10], &[2, 5])?,
            options(&[1, 5], Array::scalar(-1_i64)),
        ),
        (
            Array::from_vec(vec![f32::NEG_INFINITY; 9], &[9])?,
            options(&[4], Array::scalar(f32::NEG_INFINITY)),
        ),
        (
            Array::new(dtype.clone(), &[9], Order::C, complexes.into())?,
            options(&[3], Array::new(dtype, &[], Order::C, blank.into())?),
        ),
        (
            Array::scalar(7_u8),
            ZarrOptions::default().with_fill_value(Array::scalar(7_u8)),
        ),
        (
            Array::from_vec(Vec::<u16>::new(), &[0, 3])?,
            options(&[2, 2], Array::scalar(9_u16)),
        ),
    ])
}
