//! The Zarr codec `anscombe-v1`: what we write, read by zarr-python with PyPI's anscombe-transform; and what that writes, read by us.

use std::path::{Path, PathBuf};

use dj_codecs::api::{Array, Context, DType, Json, Limits, Order, Stores as _, Value};
use dj_codecs::npy::{load_npy, save_npy};
use dj_codecs::photon::{AnscombeFilters, PhotonCodec, PhotonOptions, Quantize};
use dj_codecs::zarr::{ArrayFilters, ZarrArray};
use serde_json::json;

use crate::failed::{Outcome, ensure, same};
use crate::report::Report;
use crate::workspace::Workspace;

/// Gains and zero levels: with codes of 8 and of 16 bits, fractions, and the smallest gain there is.
const NOISES: [(f64, f64); 6] = [
    (12.5, 100.0),
    (8.0, 0.0),
    (1.75, 0.0),
    (3.5, 40.0),
    (200.0, 5.0),
    (37.25, 99.5),
];
const INTEGERS: [&str; 8] = ["|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"];

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    report.scenario(
        "<photon@> 2.0, quantised: each sample that we write, read by zarr-python with anscombe-transform",
        |checks| {
            let noises = NOISES.iter().map(|&noise| (noise, "<u2"));
            let types = INTEGERS.iter().map(|&dtype| ((12.5, 100.0), dtype));
            for (number, (noise, dtype)) in noises.chain(types).enumerate() {
                for (store, layout) in [("local", "chunks"), ("local", "shards"), ("cloud", "chunks")] {
                    checks.check(format!("{dtype} {noise:?} {store} {layout}"), || {
                        ours(ws, store, layout, dtype, noise, number)
                    });
                }
            }
            checks.check("without the package", || unknown(ws));
        },
    );
    report.scenario(
        "anscombe-v1: each sample that zarr-python with anscombe-transform writes, read by us",
        |checks| {
            for (number, case) in written().into_iter().enumerate() {
                for store in ["local", "cloud"] {
                    checks.check(format!("{store}, {}", case.codec), || {
                        theirs(ws, store, number, &case)
                    });
                }
            }
        },
    );
    Ok(())
}

/// Every sample that the codec has, once, in its own type; also of types that have fewer.
fn samples(dtype: &str) -> Outcome<Array> {
    let dtype: DType = dtype.parse()?;
    let (shape, bytes) = match dtype.size() {
        1 => ([8, 4, 4], (0..128_u8).collect::<Vec<u8>>()),
        size => {
            let each = (0..=32767_u64).flat_map(|sample| sample.to_le_bytes().into_iter().take(size));
            ([32, 32, 32], each.collect())
        }
    };
    Ok(Array::new(dtype, &shape, Order::C, bytes.into())?)
}

/// The samples of an array of any integer type.
fn integers(array: &Array) -> Vec<i64> {
    let size = array.dtype().size().max(1);
    let bytes = array.to_little_endian().to_bytes(Order::C);
    let widened = bytes.chunks(size).map(|sample| {
        let mut wide = [0; 8];
        wide.iter_mut().zip(sample).for_each(|(to, from)| *to = *from);
        // No sample here has its highest bit set.
        i64::from_le_bytes(wide)
    });
    widened.collect()
}

/// The greatest difference between two arrays.
fn difference(a: &Array, b: &Array) -> Outcome<u64> {
    same("the shape", b.shape(), a.shape())?;
    let pairs = integers(a).into_iter().zip(integers(b));
    Ok(pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0))
}

fn context(ws: &Workspace, store: &str, number: usize) -> Context {
    let cx = ws.reading().with_field("libraries", "anscombe", "movie");
    cx.with_key("number", number as i64)
        .with_column_store(Some(store))
}

fn ours(ws: &Workspace, store: &str, layout: &str, dtype: &str, noise: (f64, f64), number: usize) -> Outcome {
    let (movie, cx) = (samples(dtype)?, context(ws, store, number));
    let options = PhotonOptions::default()
        .with_quantize(Quantize::new(noise.0, noise.1))
        .with_frames_per_chunk(5);
    let codec = PhotonCodec::new(match layout {
        "shards" => options.with_frames_per_shard(20),
        _ => options,
    });
    let record = codec.write(&movie, &cx)?;
    let path = record.path().to_owned();
    let read = codec.open(record, &cx)?;
    let counts = read.counts()?.read()?;
    let bound = read
        .quantization()
        .ok_or("the movie tells no quantization")?
        .max_error;
    let greatest = difference(&movie, &counts)?;
    ensure(greatest as f64 <= bound, || {
        format!("a sample is {greatest} off, the bound is {bound}")
    })?;
    let file = ws.folder.join("quantised.npy");
    save_npy(&file, &counts)?;
    ws.peer.open_zarr_equal("zarr", Some(store), &path, &file)
}

/// A library that does not know the codec says so; it does not give the codes.
fn unknown(ws: &Workspace) -> Outcome {
    let cx = context(ws, "local", 1000);
    let codec = PhotonCodec::new(PhotonOptions::default().with_quantize(Quantize::new(12.5, 100.0)));
    let record = codec.write(&samples("<u2")?, &cx)?;
    for (library, words) in [
        ("tensorstore", "anscombe-v1"),
        ("zarrs", "UnsupportedMetadataError"),
    ] {
        let out = ws.folder.join("refused.npy");
        let request = json!({"library": library, "store": "local", "path": record.path(), "out": out});
        ws.peer.refuses("open_zarr", request, words)?;
    }
    Ok(())
}

/// What Python is to write.
struct Written {
    dtype: &'static str,
    codec: Json,
    layout: Json,
    expected: Expected,
}

/// What is to come of it.
#[derive(PartialEq)]
enum Expected {
    /// Both sides read the same.
    Same,
    /// Python reads it wrongly, or not at all; we read what was written, so near as this.
    Rescued(u64),
    /// The codes do not tell.
    Refused(&'static str),
}

fn written() -> Vec<Written> {
    let v3 = || json!({"zarr_format": 3, "chunks": [5, 32, 32]});
    let v2 = || json!({"zarr_format": 2, "chunks": [5, 32, 32]});
    let types = |gain: f64, zero: f64, encoded: &str, decoded: &str| json!({"conversion_gain": gain, "zero_level": zero, "encoded_dtype": encoded, "decoded_dtype": decoded});
    let plain = |dtype, codec, layout| Written {
        dtype,
        codec,
        layout,
        expected: Expected::Same,
    };
    let odd = |codec, layout, expected| Written {
        dtype: "<i2",
        codec,
        layout,
        expected,
    };
    vec![
        plain("<i2", json!({"conversion_gain": 12.5, "zero_level": 100}), v3()),
        plain("<i2", types(20.0, 100.0, "uint8", "int16"), v3()),
        plain("<u2", types(1.75, 0.0, "uint16", "uint16"), v3()),
        plain("<u4", types(3.5, 40.0, "uint32", "uint32"), v3()),
        plain("<i4", types(37.25, 99.5, "int16", "int32"), v3()),
        plain("<i8", types(200.0, 5.0, "uint8", "int64"), v3()),
        plain("<u8", types(50.0, 0.0, "int64", "uint64"), v3()),
        plain(
            "<i2",
            types(12.5, 100.0, "uint8", "int16"),
            json!({"zarr_format": 3, "chunks": [5, 16, 32], "shards": [10, 32, 32]}),
        ),
        plain("<i2", json!({"conversion_gain": 12.5, "zero_level": 100}), v2()),
        plain("<u2", json!({"conversion_gain": 25.0, "zero_level": 0}), v2()),
        // Codes are left out: Python decodes all after the first gap wrongly.
        odd(types(1.0, 0.0, "uint16", "int16"), v3(), Expected::Rescued(46)),
        // Codes beyond 255 wrapped around, at gains that look harmless, too.
        odd(
            types(9.0, 100.0, "uint8", "int16"),
            v3(),
            Expected::Refused("code"),
        ),
        odd(types(2.0, 0.0, "uint8", "int16"), v3(), Expected::Refused("code")),
        // The filter of Zarr V2 does not tell that its codes have 16 bits.
        odd(
            types(25.0, 0.0, "uint16", "int16"),
            v2(),
            Expected::Refused("10240 bytes where 5120 belong"),
        ),
    ]
}

fn theirs(ws: &Workspace, store: &str, number: usize, case: &Written) -> Outcome {
    let movie = samples(case.dtype)?;
    let [file, out]: [PathBuf; 2] = ["samples.npy", "samples read.npy"].map(|name| ws.folder.join(name));
    save_npy(&file, &movie)?;
    let path = format!("anscombe/{number}.zarr");
    let mut request = case.layout.clone();
    let members = request.as_object_mut().ok_or("the layout is no object")?;
    members.extend([
        ("store".into(), store.into()),
        ("path".into(), path.as_str().into()),
        ("array".into(), json!(file)),
        ("out".into(), json!(out)),
        ("codec".into(), case.codec.clone()),
    ]);
    let told = ws.peer.ask("write_anscombe", request)?;
    let unreadable = told.get("unreadable").and_then(Json::as_str);
    let read = read(ws, store, &path, &movie);
    match case.expected {
        Expected::Same => {
            same("why Python cannot read it", &unreadable, &None)?;
            let read = read?;
            ensure(read == load(&out)?, || "we read other samples than Python".into())?;
            ensure(read != movie, || "nothing was quantised".into())
        }
        Expected::Rescued(off) => {
            let greatest = difference(&movie, &read?)?;
            ensure(greatest <= off, || format!("a sample is {greatest} off"))?;
            let theirs = difference(&movie, &load(&out)?)?;
            ensure(theirs > off, || "Python reads it rightly now".into())
        }
        Expected::Refused(words) => match read {
            Ok(_) => Err("we read what the codes do not tell".into()),
            Err(failed) => ensure(failed.to_string().contains(words), || {
                format!("the refusal does not say {words:?}: {failed}")
            }),
        },
    }
}

fn load(file: &Path) -> Outcome<Array> {
    Ok(load_npy(file, &Limits::default())?)
}

/// What we read: as a value of `<zarr@>`, and by its path alone, with the filters that are linked in and with those that are given.
fn read(ws: &Workspace, store: &str, path: &str, movie: &Array) -> Outcome<Array> {
    let record =
        json!({"path": path, "store": store, "shape": movie.shape(), "dtype": movie.dtype().to_string()});
    let value: Value = ws.decode(&format!("<zarr@{store}>"), record)?;
    let read = value.into_array()?;
    same("the dtype", &read.dtype().to_string(), &movie.dtype().to_string())?;
    let given = ArrayFilters::new().with(std::sync::Arc::new(AnscombeFilters));
    for filters in [ArrayFilters::linked(), given] {
        let opened = ws.stores().open(Some(store))?.store;
        let array = ZarrArray::open_path_with_filters(opened, path, &filters, Limits::default())?;
        ensure(array.read()? == read, || {
            "opened by its path it is another array".into()
        })?;
    }
    Ok(read)
}
