use dj_codecs::api::{Array, Json};
use dj_codecs::npy::{load_npy, save_npy};
use serde_json::json;

use crate::lab::{Lab, Ran};

const FRAMES: usize = 60;

/// A scene from dark to bright with noise of the given gain above the zero level, as a camera sees photons.
fn movie(gain: u16, zero_level: u16) -> Array {
    let mut state = 7_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let pixel = |index: usize| {
        let mean = 2 + index % 32;
        // Of 16 * mean chances, each 1 in 16: near enough to Poisson.
        let photons = (0..16 * mean).filter(|_| random() % 16 == 0).count() as u16;
        zero_level + gain * photons
    };
    Array::from_vec(
        (0..FRAMES * 32 * 32).map(pixel).collect::<Vec<u16>>(),
        &[FRAMES, 32, 32],
    )
    .unwrap()
}

fn lab() -> Lab {
    let lab = Lab::new();
    save_npy(lab.path("m.npy"), &movie(1, 0)).unwrap();
    lab
}

fn encode(lab: &Lab, file: &str, options: &[&str]) -> Ran {
    let ran = lab.run(
        &[
            &["encode", "<photon@main>", "--npy", file, "--table", "t"],
            options,
        ]
        .concat(),
    );
    lab.write("r.json", &ran.stdout);
    ran
}

fn inspected(lab: &Lab) -> Json {
    lab.run(&["inspect", "--record", "r.json", "--json"])
        .good()
        .json()
}

fn decoded(lab: &Lab, options: &[&str]) -> Array {
    let args = [
        "decode",
        "<photon@>",
        "--record",
        "r.json",
        "--out",
        "out.npy",
        "--force",
    ];
    lab.run(&[&args, options].concat()).good();
    load_npy(lab.path("out.npy"), &Default::default()).unwrap()
}

#[test]
fn counts_come_back_and_stabilised_values_are_the_default() {
    let lab = lab();
    let record = encode(&lab, "m.npy", &[]).good().json();
    assert_eq!(
        (&record["codec_version"], &record["shape"]),
        (&json!("2.0"), &json!([FRAMES, 32, 32]))
    );
    assert!(decoded(&lab, &["--view", "counts"]) == movie(1, 0));
    let stabilized: Vec<f64> = movie(1, 0)
        .to_vec::<u16>()
        .unwrap()
        .into_iter()
        .map(|count| 2.0 * (f64::from(count) + 0.375).sqrt())
        .collect();
    for options in [&[][..], &["--view", "stabilized"]] {
        assert_eq!(decoded(&lab, options).to_vec::<f64>().unwrap(), stabilized);
    }
    let summary = lab
        .run(&["decode", "<photon@>", "--record", "r.json", "--view", "counts"])
        .good();
    assert!(
        summary.text().contains("counts") && summary.text().contains("uint16"),
        "{summary}"
    );
    lab.run(&["decode", "<photon@>", "--record", "r.json", "--view", "raw"])
        .fails(2, &["stabilized and counts"]);

    let shown = inspected(&lab);
    assert_eq!(
        (&shown["codec"], &shown["format_version"]),
        (&json!("photon"), &json!("2.0"))
    );
    assert_eq!(
        (
            &shown["dtype"],
            &shown["original_dtype"],
            &shown["stabilized_dtype"]
        ),
        (&json!("uint16"), &json!("uint16"), &json!("float64"))
    );
    assert_eq!(
        shown["noise"],
        json!({"gain": 1.0, "offset": 0.0, "variance": 0.0})
    );
    let ratio = shown["original_bytes"].as_f64().unwrap() / shown["stored_bytes"].as_f64().unwrap();
    assert_eq!(shown["original_bytes"], FRAMES * 32 * 32 * 2);
    assert!(
        (shown["ratio"].as_f64().unwrap() - ratio).abs() < 0.01 && ratio > 1.5,
        "{shown}"
    );
    assert!(shown.get("quantization").is_none());
    // The array tells by itself what it is.
    let path = record["path"].as_str().unwrap();
    let by_path = lab.run(&["inspect", path, "--json"]).good().json();
    assert_eq!(
        (&by_path["codec"], &by_path["noise"]),
        (&json!("photon"), &shown["noise"])
    );
    let text = lab.run(&["inspect", "--record", "r.json"]).good();
    assert!(text.text().contains("noise gain"), "{text}");
}

#[test]
fn the_format_of_the_python_package_is_written_on_request() {
    let lab = lab();
    encode(&lab, "m.npy", &["--format-version", "1.0"]).good();
    let shown = inspected(&lab);
    assert_eq!(
        (&shown["format_version"], &shown["zarr_format"]),
        (&json!("1.0"), &json!(2))
    );
    assert_eq!(
        (&shown["dtype"], &shown["original_dtype"]),
        (&json!("float64"), &json!("uint16"))
    );
    assert!(decoded(&lab, &["--view", "counts"]) == movie(1, 0));
    encode(&lab, "m.npy", &["--format-version", "1.0", "--photon-quantize"]).fails(1, &["<photon>"]);
}

#[test]
fn a_quantised_movie_is_smaller_within_its_bound() {
    let lab = Lab::new();
    let original = movie(10, 100);
    save_npy(lab.path("m.npy"), &original).unwrap();
    encode(&lab, "m.npy", &[]).good();
    let lossless = inspected(&lab)["stored_bytes"].as_u64().unwrap();
    let options = [
        "--photon-quantize",
        "--photon-gain",
        "10",
        "--photon-zero-level",
        "100",
    ];
    encode(&lab, "m.npy", &options).good();
    let shown = inspected(&lab);
    let lossy = &shown["quantization"];
    assert_eq!(
        (&lossy["conversion_gain"], &lossy["zero_level"]),
        (&json!(10.0), &json!(100.0))
    );
    assert!(shown["stored_bytes"].as_u64().unwrap() < lossless, "{shown}");
    let bound = lossy["max_error"].as_f64().unwrap();
    let counts = decoded(&lab, &["--view", "counts"]).to_vec::<u16>().unwrap();
    let worst = counts
        .iter()
        .zip(original.to_vec::<u16>().unwrap())
        .map(|(&a, b)| (f64::from(a) - f64::from(b)).abs())
        .fold(0.0, f64::max);
    assert!(worst > 0.0 && worst <= bound, "{worst} {bound}");
    let text = lab.run(&["inspect", "--record", "r.json"]).good();
    assert!(text.text().contains("quantization max_error"), "{text}");
    let by_path = lab.run(&["inspect", shown["path"].as_str().unwrap(), "--json"]);
    assert_eq!(by_path.good().json()["quantization"], *lossy);
}

#[test]
fn gain_and_zero_level_are_estimated_from_the_movie() {
    let lab = Lab::new();
    save_npy(lab.path("m.npy"), &movie(10, 100)).unwrap();
    let ran = encode(&lab, "m.npy", &["--photon-quantize", "--photon-estimate"]);
    assert_eq!(ran.status, 0, "{ran}");
    assert!(
        ran.stderr.contains("95 % confidence") && ran.stderr.contains("60 frames"),
        "{ran}"
    );
    let shown = inspected(&lab);
    let gain = shown["quantization"]["conversion_gain"].as_f64().unwrap();
    let zero_level = shown["quantization"]["zero_level"].as_f64().unwrap();
    // The chances of 1 in 16 make the variance 15 / 16 of the mean.
    assert!((gain - 10.0 * 15.0 / 16.0).abs() < 0.4, "{gain}");
    assert!((zero_level - 100.0).abs() < 5.0, "{zero_level}");
    assert_eq!(shown["noise"]["gain"], gain);
    // Where nothing can be told, the reason is.
    save_npy(
        lab.path("flat.npy"),
        &Array::from_vec(vec![5_u16; 10 * 64], &[10, 8, 8]).unwrap(),
    )
    .unwrap();
    let before = lab.files("dj-store").len();
    encode(&lab, "flat.npy", &["--photon-estimate"]).fails(1, &["cannot be estimated", "--photon-gain"]);
    assert_eq!(lab.files("dj-store").len(), before);
}

#[test]
fn options_that_make_no_sense_are_named() {
    let lab = lab();
    for (options, words) in [
        (&["--photon-gain", "0"][..], "--photon-gain"),
        (&["--photon-gain", "-1"], "--photon-gain"),
        (&["--photon-gain", "x"], "--photon-gain"),
        (&["--photon-variance", "-1"], "--photon-variance"),
        (
            &["--photon-estimate", "--photon-gain", "2"],
            "cannot be used with",
        ),
        (&["--photon-level", "10"], "--photon-level"),
        (&["--photon-attribute", "rig"], "K=JSON"),
        (&["--chunks", "1,2,3"], "<zarr@>"),
    ] {
        encode(&lab, "m.npy", options).fails(2, &[words]);
    }
    lab.run(&["encode", "<npy@>", "--npy", "m.npy", "--photon-quantize"])
        .fails(2, &["<photon@>"]);
    assert_eq!(lab.files("dj-store"), [""; 0]);
    let options = [
        "--photon-level",
        "9",
        "--photon-chunk",
        "7",
        "--photon-attribute",
        "rig=2",
        "--photon-variance",
        "4",
    ];
    encode(&lab, "m.npy", &options).good();
    let shown = inspected(&lab);
    assert_eq!(
        (&shown["chunks"], &shown["attributes"]["rig"]),
        (&json!([7, 32, 32]), &json!(2))
    );
    assert_eq!(shown["noise"]["variance"], 4.0);
    // What is no movie of counts is refused with the reason.
    save_npy(
        lab.path("two.npy"),
        &Array::from_vec(vec![1_u16; 6], &[2, 3]).unwrap(),
    )
    .unwrap();
    encode(&lab, "two.npy", &[]).fails(1, &["<photon>"]);
    save_npy(
        lab.path("minus.npy"),
        &Array::from_vec(vec![1_i16, -1], &[2, 1, 1]).unwrap(),
    )
    .unwrap();
    encode(&lab, "minus.npy", &[]).fails(1, &["<photon>"]);
}

#[test]
fn a_movie_is_previewed_in_either_view() {
    let lab = lab();
    let record = encode(&lab, "m.npy", &["--photon-chunk", "16"]).good().json();
    let shown = |options: &[&str]| {
        let options = [
            &["preview", "--record", "r.json", "--out", "p.png", "--force"],
            options,
        ]
        .concat();
        lab.run(&options).good().text().to_owned()
    };
    assert!(shown(&["--view", "counts"]).contains("frame 30 of 60 of uint16 (60, 32, 32)"));
    assert!(shown(&[]).contains("of float64"));
    // The mean of the counts, as 16-bit samples of the values themselves.
    shown(&["--view", "counts", "--mean", "--no-stretch", "--bits", "16"]);
    let file = lab.read("p.png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&file))
        .read_info()
        .unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    let counts = movie(1, 0).to_vec::<u16>().unwrap();
    for (pixel, sample) in bytes.chunks_exact(2).enumerate() {
        let sum: u64 = (0..FRAMES)
            .map(|frame| u64::from(counts[frame * 1024 + pixel]))
            .sum();
        let mean = (sum as f64 / FRAMES as f64 + 0.5).floor() as u16;
        assert_eq!(u16::from_be_bytes([sample[0], sample[1]]), mean, "{pixel}");
    }
    let path = record["path"].as_str().unwrap();
    let by_path = lab
        .run(&["preview", path, "--view", "counts", "--out", "q.png"])
        .good();
    assert!(by_path.text().contains("uint16"), "{by_path}");
}
