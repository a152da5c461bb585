use insta::assert_snapshot;
use serde_json::json;

use crate::lab::Lab;

const PLACE: [&str; 8] = [
    "--schema",
    "neuroscience",
    "--table",
    "recording",
    "--field",
    "waveform",
    "--key",
    "recording_id=1",
];

fn encode(lab: &Lab, options: &[&str]) -> crate::lab::Ran {
    let mut args = vec!["encode", "<zarr@>"];
    args.extend(PLACE);
    args.extend(["--npy", "X.npy"]);
    args.extend(options);
    lab.run(&args)
}

/// Encodes `X.npy`, keeps the record in `R.json`, decodes it to `Y.npy`, and compares.
#[track_caller]
fn round_trip(lab: &Lab, options: &[&str]) {
    lab.write("R.json", &encode(lab, options).good().stdout);
    let ran = lab
        .run(&[
            "decode", "<zarr@>", "--record", "R.json", "--out", "Y.npy", "--force",
        ])
        .good();
    let load = |name| dj_codecs::npy::load_npy(lab.path(name), &Default::default()).unwrap();
    let (x, y) = (load("X.npy"), load("Y.npy"));
    assert_eq!(x, y, "{ran}");
    // Zarr keeps no byte order of single elements; all else is the same to the bit.
    assert_eq!(x.dtype().to_little_endian(), *y.dtype(), "{ran}");
}

#[test]
fn the_commands_of_the_manual_work() {
    let lab = Lab::new();
    lab.save_counting("X.npy", &[30, 20]);
    let ran = encode(&lab, &[]).good();
    let record = ran.json();
    assert_eq!(ran.text().lines().count(), 1);
    assert!(
        record["path"]
            .as_str()
            .unwrap()
            .starts_with("_schema/neuroscience/recording/recording_id=1/waveform_")
    );
    assert_eq!(
        (&record["codec_version"], &record["shape"]),
        (&json!("2.0"), &json!([30, 20]))
    );
    round_trip(&lab, &[]);
    assert_eq!(lab.read("X.npy"), lab.read("Y.npy"));
    assert_snapshot!(lab.run(&["decode", "<zarr@>", "--record", "R.json"]).good());
}

/// The dtypes that every Zarr library can hold.
const HELD: [&str; 14] = [
    "|b1", "|i1", "<i2", ">i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", ">f8",
];

#[test]
fn every_dtype_that_zarr_holds_comes_back() {
    let lab = Lab::new();
    for dtype in HELD.into_iter().chain(["<c8", "<c16"]) {
        let size = dtype.parse::<dj_codecs::api::DType>().unwrap().size();
        for shape in [&[][..], &[0], &[5], &[3, 0, 2], &[7, 4, 2]] {
            let byte = |index: usize| {
                if dtype == "|b1" {
                    index.is_multiple_of(3).into()
                } else {
                    (index * 37 % 251) as u8
                }
            };
            lab.save(
                "X.npy",
                dtype,
                shape,
                (0..shape.iter().product::<usize>() * size).map(byte).collect(),
            );
            round_trip(&lab, &[]);
        }
        round_trip(&lab, &["--format-version", "1.0"]);
    }
}

#[test]
fn what_zarr_cannot_hold_is_refused_by_name() {
    let lab = Lab::new();
    for (dtype, name) in [("<f16", "float128"), ("<c32", "complex256")] {
        let size = dtype.parse::<dj_codecs::api::DType>().unwrap().size();
        lab.save("X.npy", dtype, &[2], vec![0; 2 * size]);
        for options in [&[][..], &["--wider"]] {
            encode(&lab, options).fails(1, &["<zarr>", name]);
        }
    }
    assert_eq!(lab.files("dj-store"), [""; 0]);
}

#[test]
fn dtypes_that_some_libraries_read_are_written_when_asked() {
    let lab = Lab::new();
    for dtype in ["<M8[us]", "<m8[ns]", "|S5", "<U3"] {
        let size = dtype.parse::<dj_codecs::api::DType>().unwrap().size();
        let byte = |index: usize| {
            if dtype == "<U3" && !index.is_multiple_of(4) {
                0
            } else {
                b'a' + (index % 20) as u8
            }
        };
        lab.save("X.npy", dtype, &[4], (0..4 * size).map(byte).collect());
        encode(&lab, &[]).fails(
            1,
            &[
                "<zarr>",
                dtype
                    .parse::<dj_codecs::api::DType>()
                    .unwrap()
                    .to_string()
                    .as_str(),
            ],
        );
        round_trip(&lab, &["--wider"]);
    }
}

#[test]
fn storage_is_as_asked() {
    let lab = Lab::new();
    lab.save_counting("X.npy", &[40, 30]);
    let inspect = || {
        lab.run(&["inspect", "--record", "R.json", "--json"])
            .good()
            .json()
    };
    round_trip(&lab, &["--chunks", "10,30", "--compressor", "zstd:5"]);
    let seen = inspect();
    assert_eq!(
        (&seen["chunks"], &seen["codec"]),
        (&json!([10, 30]), &json!("zarr"))
    );
    assert!(
        seen["compression"]
            .as_array()
            .unwrap()
            .iter()
            .any(|codec| codec.as_str().unwrap().starts_with("zstd (5")),
        "{seen}"
    );
    assert_eq!(seen["objects"], 5);
    round_trip(
        &lab,
        &[
            "--chunks",
            "10,30",
            "--shard",
            "20,30",
            "--compressor",
            "blosc-lz4:3",
            "--shuffle",
            "byte",
        ],
    );
    let seen = inspect();
    assert_eq!((&seen["shards"], &seen["objects"]), (&json!([20, 30]), &json!(3)));
    assert!(
        seen["compression"].to_string().contains("blosc (lz4 3 shuffle)"),
        "{seen}"
    );
    round_trip(
        &lab,
        &[
            "--compressor",
            "none",
            "--no-checksum",
            "--attribute",
            "rig=\"two\"",
            "--attribute",
            "gain=2.5",
        ],
    );
    let seen = inspect();
    assert_eq!(
        (&seen["attributes"]["rig"], &seen["attributes"]["gain"]),
        (&json!("two"), &json!(2.5))
    );
    assert_eq!(seen["data_bytes"], 9600);
    round_trip(&lab, &["--format-version", "1.0"]);
    assert_eq!(inspect()["format_version"], "1.0");
}

#[test]
fn options_that_make_no_sense_write_nothing() {
    let lab = Lab::new();
    lab.save_counting("X.npy", &[40, 30]);
    encode(&lab, &["--chunks", "10,0"]).fails(2, &["--chunks"]);
    encode(&lab, &["--chunks", "ten"]).fails(2, &["--chunks"]);
    encode(&lab, &["--chunks", "10"]).fails(1, &["chunk"]);
    encode(&lab, &["--chunks", "10,30", "--shard", "15,30"]).fails(1, &["shard"]);
    encode(&lab, &["--compressor", "lzma"]).fails(2, &["blosc-zstd"]);
    encode(&lab, &["--compressor", "zstd:99"]).fails(1, &["99"]);
    encode(&lab, &["--compressor", "zstd", "--shuffle", "bit"]).fails(2, &["Blosc"]);
    encode(&lab, &["--attribute", "codec_version=1"]).fails(1, &["codec_version"]);
    encode(&lab, &["--format-version", "7.0"]).fails(2, &["7.0", "2.0"]);
    lab.run(&["encode", "<npy@>", "--npy", "X.npy", "--chunks", "10,30"])
        .fails(2, &["--chunks", "<npy@>"]);
    assert_eq!(lab.files("dj-store"), [""; 0]);
}

#[test]
fn an_array_is_described_without_its_data() {
    let lab = Lab::new();
    lab.save_counting("X.npy", &[40, 30]);
    let options = [
        "--chunks",
        "10,30",
        "--compressor",
        "blosc-zstd:5",
        "--attribute",
        "rig=two",
    ];
    lab.write("R.json", &encode(&lab, &options).good().stdout);
    let shown = lab.run(&["inspect", "--record", "R.json"]).good();
    let path = shown
        .text()
        .lines()
        .find_map(|line| line.strip_prefix("path"))
        .unwrap()
        .trim()
        .to_owned();
    // By its path in the store and on this machine, too; there the record cannot tell, but the array does.
    let text = |path: &str| lab.run(&["inspect", path]).good().text().to_owned();
    // Only the record has the inventory.
    let inventory = shown
        .text()
        .lines()
        .filter(|line| line.starts_with("inventory"))
        .count();
    assert_eq!(inventory, 4, "{shown}");
    let without: String = shown
        .text()
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("inventory"))
        .collect();
    assert_eq!(text(&path), without);
    assert_eq!(text(&format!("{path}/")), without);
    let local = lab
        .run(&["inspect", "--json", &format!("dj-store/{path}")])
        .good()
        .json();
    assert_eq!(
        (&local["format_version"], &local["chunks"]),
        (&json!("2.0"), &json!([10, 30]))
    );
    // Compressed sizes depend on the compressor's version.
    let steady: Vec<&str> = shown
        .text()
        .lines()
        .filter(|line| {
            !line.starts_with("stored bytes")
                && !line.starts_with("inventory bytes")
                && !line.starts_with("inventory digest")
        })
        .collect();
    let path_line = |line: &&str| !line.starts_with("path");
    assert_snapshot!(
        steady
            .into_iter()
            .filter(path_line)
            .collect::<Vec<_>>()
            .join("\n")
    );
    // The chunks are not needed for that.
    for file in std::fs::read_dir(lab.path(&format!("dj-store/{path}"))).unwrap() {
        let file = file.unwrap().path();
        if file.is_dir() {
            std::fs::remove_dir_all(file).unwrap();
        }
    }
    assert_eq!(
        lab.run(&["inspect", "--record", "R.json", "--json"])
            .good()
            .json()["objects"],
        1
    );
    lab.run(&["decode", "<zarr@>", "--record", "R.json", "--json"])
        .fails(1, &["<zarr>", "chunk"]);
}

#[test]
fn hostile_records_and_metadata_end_in_words() {
    let lab = Lab::new();
    lab.write("secret/zarr.json", "{}")
        .write("dj-store/a.zarr/zarr.json", "{")
        .write("dj-store/b.zarr/.zarray", "[]");
    let huge = json!({"zarr_format": 3, "node_type": "array", "shape": [u64::MAX, u64::MAX], "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [u64::MAX, 1]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]});
    lab.write("dj-store/c.zarr/zarr.json", huge.to_string());
    for record in [
        json!({"path": "../secret"}),
        json!({"path": "/etc"}),
        json!({"path": "a.zarr"}),
        json!({"path": "b.zarr"}),
        json!({"path": "c.zarr"}),
        json!({"path": "missing.zarr"}),
        json!({"path": "a.zarr", "codec_version": "99.0"}),
        json!({"path": "a.zarr", "codec_version": {}}),
        json!({"path": "a.zarr", "shape": "x"}),
        json!({}),
    ] {
        let text = record.to_string();
        lab.run_with(&["decode", "<zarr@>", "--record", "-"], text.as_bytes())
            .fails(1, &["<zarr>"]);
        lab.run_with(
            &["inspect", "--spec", "<zarr@>", "--record", "-"],
            text.as_bytes(),
        )
        .fails(1, &["error"]);
        lab.run_with(
            &["preview", "<zarr@>", "--record", "-", "--out", "x.png"],
            text.as_bytes(),
        )
        .fails(1, &["error"]);
        assert!(!lab.path("x.png").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_array_larger_than_the_memory_is_written_out() {
    let lab = Lab::new();
    // Chunks that are not there are all fill value.
    let metadata = json!({"zarr_format": 3, "node_type": "array", "shape": [480, 250, 500], "data_type": "float64",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [7, 250, 500]}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 1.5,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]});
    lab.write("dj-store/a.zarr/zarr.json", metadata.to_string())
        .write("r.json", r#"{"path": "a.zarr"}"#);
    let program = env!("CARGO_BIN_EXE_dj-codec");
    let script =
        format!("(ulimit -v 400000 && {program} decode '<zarr@>' --record r.json --out -) | sha256sum");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", &script])
        .current_dir(lab.path(""))
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    let ran = lab.finish(&mut command, b"").good();
    // A summary takes no more.
    let summary = format!("ulimit -v 400000 && exec {program} decode '<zarr@>' --record r.json");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", &summary])
        .current_dir(lab.path(""))
        .env_clear();
    let summary = lab.finish(&mut command, b"").good();
    for line in [
        "480000000 bytes",
        "\nmin     1.5\n",
        "\nmax     1.5\n",
        "1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, ...",
    ] {
        assert!(summary.text().contains(line), "{summary}");
    }
    // Of a header of 128 bytes and 60 million times 1.5, as numpy.save writes them.
    assert!(
        ran.text()
            .starts_with("2c8dfbc258f1a042896132cf49638068c0a0a8719d982099af33be9e365ee77b"),
        "{ran}"
    );
}
