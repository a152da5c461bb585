use dj_codecs::api::{Array, Order, Value};
use dj_codecs::npy::save_npy;
use insta::assert_snapshot;

use crate::lab::{Lab, Ran};

/// A decoded PNG file.
struct Image {
    width: u32,
    height: u32,
    color: png::ColorType,
    samples: Vec<u16>,
}

impl Image {
    #[track_caller]
    fn of(file: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let samples = match info.bit_depth {
            png::BitDepth::Eight => bytes.into_iter().map(u16::from).collect(),
            png::BitDepth::Sixteen => bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect(),
            other => panic!("{other:?}"),
        };
        Self {
            width: info.width,
            height: info.height,
            color: info.color_type,
            samples,
        }
    }

    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

/// Runs `preview` with the picture on standard output.
#[track_caller]
fn shown(lab: &Lab, args: &[&str]) -> Image {
    Image::of(&run(lab, args).good().stdout)
}

fn run(lab: &Lab, args: &[&str]) -> Ran {
    lab.run(&[&["preview"], args, &["--out", "-"]].concat())
}

/// A movie of 6 frames of 4 x 5 pixels, each pixel the number `100 * frame + 10 * row + column`.
fn movie() -> Array {
    let element = |index: usize| (index / 20 * 100 + index % 20 / 5 * 10 + index % 5) as u16;
    Array::from_vec((0..120).map(element).collect(), &[6, 4, 5]).unwrap()
}

/// What the pixels of a frame of `movie` are, without the 100s.
fn frame() -> Vec<u16> {
    (0..20).map(|index| index / 5 * 10 + index % 5).collect()
}

/// Saves `movie` in both orders of memory, and as a Zarr array in chunks of 4 frames.
fn saved() -> Lab {
    let lab = Lab::new();
    save_npy(lab.path("m.npy"), &movie()).unwrap();
    save_npy(lab.path("f.npy"), &movie().to_order(Order::Fortran)).unwrap();
    lab
}

#[test]
fn a_frame_is_the_values_of_the_frame() {
    let lab = saved();
    let plain = ["--no-stretch", "--bits", "16"];
    for file in ["m.npy", "f.npy"] {
        let middle = shown(&lab, &[&[file], &plain[..]].concat());
        assert_eq!((middle.size(), middle.color), ((5, 4), png::ColorType::Grayscale));
        assert_eq!(
            middle.samples,
            frame().iter().map(|v| 300 + v).collect::<Vec<_>>()
        );
        for (index, at) in [("0", 0), ("5", 500), ("-1", 500), ("-6", 0), ("2", 200)] {
            let one = shown(&lab, &[&[file, "--frame", index], &plain[..]].concat());
            assert_eq!(one.samples, frame().iter().map(|v| at + v).collect::<Vec<_>>());
        }
        // Rows of all frames: 6 x 5 pixels.
        let across = shown(
            &lab,
            &[&[file, "--axis", "1", "--frame", "2"], &plain[..]].concat(),
        );
        assert_eq!(across.size(), (5, 6));
        assert_eq!(
            across.samples,
            (0..30).map(|i| i / 5 * 100 + 20 + i % 5).collect::<Vec<u16>>()
        );
    }
}

#[test]
fn projections_are_the_mean_and_the_greatest() {
    let lab = saved();
    let plain = ["--no-stretch", "--bits", "16"];
    for file in ["m.npy", "f.npy"] {
        let mean = shown(&lab, &[&[file, "--mean"], &plain[..]].concat());
        assert_eq!(mean.samples, frame().iter().map(|v| 250 + v).collect::<Vec<_>>());
        let max = shown(&lab, &[&[file, "--max"], &plain[..]].concat());
        assert_eq!(max.samples, frame().iter().map(|v| 500 + v).collect::<Vec<_>>());
        let columns = shown(&lab, &[&[file, "--max", "--axis", "-1"], &plain[..]].concat());
        assert_eq!(columns.size(), (4, 6));
        assert_eq!(
            columns.samples,
            (0..24)
                .map(|i| i / 4 * 100 + i % 4 * 10 + 4)
                .collect::<Vec<u16>>()
        );
    }
}

#[cfg(feature = "zarr")]
#[test]
fn a_zarr_array_is_shown_by_its_record_its_path_and_its_folder() {
    let lab = saved();
    let encode = [
        "encode", "<zarr@>", "--npy", "m.npy", "--chunks", "4,3,2", "--table", "t",
    ];
    let record = lab.run(&encode).good();
    lab.write("r.json", &record.stdout);
    let path = record.json()["path"].as_str().unwrap().to_owned();
    let folder = format!("dj-store/{path}");
    for what in [
        &["<zarr@>", "--record", "r.json"][..],
        &["--record", "r.json"],
        &[&path],
        &[&folder],
    ] {
        for (how, offset) in [("--mean", 250), ("--max", 500), ("--frame=4", 400)] {
            let image = shown(&lab, &[what, &[how, "--no-stretch", "--bits", "16"]].concat());
            let expected: Vec<u16> = frame().iter().map(|v| offset + v).collect();
            assert_eq!(image.samples, expected, "{what:?} {how}");
        }
    }
}

#[test]
fn contrast_is_stretched_between_percentiles() {
    let lab = Lab::new();
    // 1001 values, of which 5 are below and 5 above the usual percentiles.
    let values: Vec<f32> = (0..1001_u16).map(f32::from).collect();
    save_npy(lab.path("x.npy"), &Array::from_vec(values, &[7, 143]).unwrap()).unwrap();
    let usual = shown(&lab, &["x.npy"]);
    assert_eq!(
        (usual.samples[5], usual.samples[995], usual.samples[500]),
        (0, 255, 128)
    );
    assert_eq!((usual.samples[0], usual.samples[1000]), (0, 255));
    assert_eq!(usual.samples[104], 26, "(104 - 5) / 990 of 255 is 25.5");
    let half = shown(&lab, &["x.npy", "--contrast", "0,50"]);
    assert_eq!(
        (half.samples[0], half.samples[250], half.samples[500]),
        (0, 128, 255)
    );
    let range = shown(&lab, &["x.npy", "--range", "-1000,1000", "--bits", "16"]);
    assert_eq!((range.samples[0], range.samples[1000]), (32768, 65535));
    let ran = lab.run(&["preview", "x.npy", "--out", "x.png"]).good();
    assert!(
        ran.text().starts_with("x.png: 143 x 7 pixels, ")
            && ran
                .text()
                .ends_with("all of it of float32 (7, 143); black at 5, white at 995\n"),
        "{ran}"
    );
    for (options, words) in [
        (&["--contrast", "5"][..], "--contrast 5"),
        (&["--contrast", "5,101"], "0 to 100"),
        (&["--range", "5,5"], "lower one first"),
        (&["--range", "0,1", "--no-stretch"], "cannot be used with"),
        (&["--bits", "12"], "8, 16"),
    ] {
        run(&lab, &[&["x.npy"], options].concat()).fails(2, &[words]);
    }
}

#[test]
fn every_dtype_of_numbers_is_shown() {
    let lab = Lab::new();
    for (dtype, values) in [
        ("|i1", vec![0x80, 0, 0x7f, 0]),
        ("|u1", vec![0, 1, 255, 1]),
        (">i2", vec![0x80, 0, 0, 0, 0x7f, 0xff, 0, 0]),
        ("<u4", [0_u32, 1, u32::MAX, 1].map(u32::to_le_bytes).concat()),
        ("<i8", [i64::MIN, 0, i64::MAX, 0].map(i64::to_le_bytes).concat()),
        ("<u8", [0_u64, 1, u64::MAX, 1].map(u64::to_le_bytes).concat()),
        ("<f2", vec![0, 0, 0, 0x38, 0, 0x3c, 0, 0x38]),
        (">f4", [0_f32, 0.5, 1.0, 0.5].map(f32::to_be_bytes).concat()),
        ("<f8", [0_f64, 0.5, 1.0, 0.5].map(f64::to_le_bytes).concat()),
        (
            "<c8",
            [0_f32, 0.0, 0.3, 0.4, 0.0, -1.0, 0.5, 0.0]
                .map(f32::to_le_bytes)
                .concat(),
        ),
    ] {
        lab.save("x.npy", dtype, &[2, 2], values);
        let image = shown(&lab, &["x.npy", "--no-stretch"]);
        assert_eq!((image.samples[0], image.samples[2]), (0, 255), "{dtype}");
        let middle = if dtype.contains('u') { 0 } else { 128 };
        assert_eq!(
            image.samples[1],
            if dtype == "|u1" { 1 } else { middle },
            "{dtype}"
        );
    }
    lab.save("x.npy", "|b1", &[2, 2], vec![0, 1, 0, 1]);
    assert_eq!(shown(&lab, &["x.npy"]).samples, [0, 255, 0, 255]);
    for dtype in ["<M8[us]", "|S3", "<U1", "<f16", "|V4"] {
        let size = dtype.parse::<dj_codecs::api::DType>().unwrap().size();
        lab.save("x.npy", dtype, &[2, 2], vec![0; 4 * size]);
        run(&lab, &["x.npy"]).fails(1, &["make no picture"]);
    }
    lab.save("x.npy", "<c8", &[1, 1], vec![0; 8]);
    let words = lab.run(&["preview", "x.npy", "--out", "c.png"]).good();
    assert!(words.text().contains("magnitudes"), "{words}");
}

#[test]
fn what_is_not_a_number_is_black_and_said_so() {
    let lab = Lab::new();
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let values = vec![nan, 1.0, 2.0, 3.0, inf, -inf];
    save_npy(lab.path("x.npy"), &Array::from_vec(values, &[2, 3]).unwrap()).unwrap();
    let image = shown(&lab, &["x.npy", "--contrast", "0,100"]);
    assert_eq!(image.samples, [0, 0, 128, 255, 255, 0]);
    let ran = lab
        .run(&["preview", "x.npy", "--contrast", "0,100", "--out", "x.png"])
        .good();
    assert!(
        ran.text()
            .contains("black at 1, white at 3; 1 values are not a number"),
        "{ran}"
    );
    lab.save("x.npy", "<f8", &[1, 2], [nan, nan].map(f64::to_le_bytes).concat());
    assert_eq!(shown(&lab, &["x.npy"]).samples, [0, 0]);
}

#[test]
fn colours_are_asked_for() {
    let lab = Lab::new();
    let values: Vec<u8> = (0..24).map(|index| index * 10).collect();
    lab.save("x.npy", "|u1", &[2, 4, 3], values.clone());
    let colours = shown(&lab, &["x.npy", "--rgb"]);
    assert_eq!((colours.size(), colours.color), ((4, 2), png::ColorType::Rgb));
    let expected: Vec<u16> = values.iter().map(|&value| u16::from(value)).collect();
    assert_eq!(colours.samples, expected);
    // Without it the last axis is one of the picture.
    assert_eq!(shown(&lab, &["x.npy"]).size(), (3, 4));
    lab.save("x.npy", "|u1", &[2, 3, 4], values);
    let colours = shown(&lab, &["x.npy", "--rgb", "--range", "0,100"]);
    assert_eq!(colours.color, png::ColorType::Rgba);
    assert_eq!(colours.samples[..8], [0, 26, 51, 30, 102, 128, 153, 70]);
    lab.save("x.npy", "|u1", &[3, 2, 2], vec![0; 12]);
    run(&lab, &["x.npy", "--rgb"]).fails(2, &["--rgb", "(3, 2, 2)"]);
}

#[test]
fn an_array_within_a_blob_is_shown() {
    let lab = Lab::new();
    let image =
        |offset: u8| Value::from(Array::from_vec((0..6).map(|i| i + offset).collect(), &[2, 3]).unwrap());
    let text = |text: &str| Value::from(text);
    let several = Value::Dict(vec![
        (text("name"), text("x")),
        (
            text("trace"),
            Array::from_vec(vec![1.0, 2.0], &[2]).unwrap().into(),
        ),
        (text("a/b"), image(10)),
        (Value::Int(5), Value::List(vec![Value::Null, image(20)])),
    ]);
    let encoded = |value: &Value| {
        let notation = dj_codecs::api::notation::to_string(value).unwrap();
        lab.run_with(&["encode", "<blob>", "--json", "-"], notation.as_bytes())
            .good()
            .stdout
    };
    lab.write("one.json", encoded(&Value::Tuple(vec![Value::Int(1), image(0)])));
    lab.write("r.json", encoded(&several));
    let plain = |image: Image| image.samples;
    assert_eq!(
        plain(shown(&lab, &["--record", "one.json", "--no-stretch"])),
        [0, 1, 2, 3, 4, 5]
    );
    let at = |at| {
        shown(
            &lab,
            &["<blob>", "--record", "r.json", "--no-stretch", "--at", at],
        )
        .samples
    };
    assert_eq!(at("a~1b"), [10, 11, 12, 13, 14, 15]);
    assert_eq!(at("5/1"), [20, 21, 22, 23, 24, 25]);
    assert_eq!(at("5"), [20, 21, 22, 23, 24, 25], "there is one array in it");
    let list = run(&lab, &["--record", "r.json"]);
    list.fails(
        2,
        &[
            "a dict with 2 arrays",
            "\n  a~1b  uint8 (2, 3)\n  5/1  uint8 (2, 3)",
        ],
    );
    run(&lab, &["--record", "r.json", "--at", "trace"]).fails(2, &["two axes"]);
    run(&lab, &["--record", "r.json", "--at", "name"]).fails(1, &["no array of numbers"]);
    run(&lab, &["--record", "r.json", "--at", "5/7"]).fails(2, &["no \"7\" in a list", "\"0\", \"1\""]);
    // The bytes of the column, from a file.
    let stored: dj_codecs::api::Json = serde_json::from_slice(&lab.read("one.json")).unwrap();
    let bytes = data_encoding::BASE64
        .decode(stored["$bytes"].as_str().unwrap().as_bytes())
        .unwrap();
    lab.write("blob.bin", bytes);
    assert_eq!(shown(&lab, &["<blob>", "--bytes", "blob.bin"]).size(), (3, 2));
}

#[test]
fn without_a_terminal_a_file_is_asked_for() {
    let lab = saved();
    lab.run(&["preview", "m.npy"]).fails(2, &["--out", "--terminal"]);
    lab.write("x.png", "precious");
    lab.run(&["preview", "m.npy", "--out", "x.png"])
        .fails(2, &["--force"]);
    assert_eq!(lab.read("x.png"), b"precious");
    lab.run(&["preview", "missing.npy", "--out", "x.png", "--force"])
        .fails(2, &["missing.npy"]);
    assert_eq!(lab.read("x.png"), b"precious");
    lab.run(&["preview", "m.npy", "--out", "x.png", "--force"]).good();
    assert_eq!(Image::of(&lab.read("x.png")).size(), (5, 4));
    lab.run(&["preview", "<npy@>", "--out", "x.png", "--force"])
        .fails(2, &["--record"]);
    lab.run(&["preview", "m.npy", "--record", "r.json", "--out", "-"])
        .fails(2, &["and no path"]);
    lab.run(&["preview", "--out", "-"]).fails(2, &["PATH|SPEC"]);
    run(&lab, &["m.npy", "--view", "counts"]).fails(2, &["no views"]);
    run(&lab, &["m.npy", "--at", "x"]).fails(2, &["leave --at out"]);
    run(&lab, &["m.npy", "--max-pixels", "19"]).fails(1, &["4 x 5 pixels", "--max-pixels"]);
}

#[test]
fn terminals_are_sent_what_they_understand() {
    let lab = Lab::new();
    lab.save(
        "x.npy",
        "|u1",
        &[3, 4],
        vec![0, 50, 100, 150, 50, 100, 150, 200, 100, 150, 200, 250],
    );
    let sent = |kind: &str, width: &str| {
        let args = [
            "preview",
            "x.npy",
            "--no-stretch",
            "--terminal",
            kind,
            "--width",
            width,
        ];
        lab.run(&args).good().text().to_owned()
    };
    assert_snapshot!("half blocks", sent("blocks", "4").replace('\x1b', "ESC"));
    assert_snapshot!("half blocks, smaller", sent("blocks", "2").replace('\x1b', "ESC"));
    assert_snapshot!("sixel", sent("sixel", "40").replace('\x1b', "ESC"));
    let kitty = sent("kitty", "40");
    let encoded = kitty
        .strip_prefix("\x1b_Ga=T,f=100,q=2,m=0;")
        .unwrap()
        .split_once("\x1b\\")
        .unwrap();
    let image = Image::of(&data_encoding::BASE64.decode(encoded.0.as_bytes()).unwrap());
    assert_eq!((image.size(), image.samples[11]), ((4, 3), 250));
    assert!(encoded.1.ends_with("black at 0, white at 255\n"), "{encoded:?}");
    let iterm = sent("iterm", "40");
    let (head, rest) = iterm.split_once(':').unwrap();
    assert!(head.starts_with("\x1b]1337;File=inline=1;size=") && head.ends_with(";width=4px;height=3px"));
    let file = data_encoding::BASE64
        .decode(rest.split_once('\x07').unwrap().0.as_bytes())
        .unwrap();
    assert_eq!(Image::of(&file).samples, image.samples);
    // A large picture goes to kitty in pieces, and not larger than the terminal.
    let noise: Vec<u8> = (0..400 * 400_u32)
        .map(|i| (i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    lab.save("x.npy", "|u1", &[400, 400], noise);
    let pieces = sent("kitty", "10");
    let payload: String = pieces
        .split("\x1b\\")
        .filter_map(|piece| piece.rsplit_once("m=1;").or_else(|| piece.rsplit_once("m=0;")))
        .map(|(_, piece)| piece)
        .collect();
    assert!(pieces.matches("m=1;").count() > 1);
    assert_eq!(
        Image::of(&data_encoding::BASE64.decode(payload.as_bytes()).unwrap()).size(),
        (100, 100)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_movie_larger_than_the_memory_is_averaged() {
    let lab = Lab::new();
    // 480 MB, nearly all of it a hole in the file; the first frame is 96, so that the mean of 480 is 0.2.
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (480, 250, 500), }";
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(format!("{header:117}\n").as_bytes());
    assert_eq!(file.len(), 128);
    file.extend(96_f64.to_le_bytes().repeat(250 * 500));
    lab.write("m.npy", file);
    let movie = std::fs::OpenOptions::new()
        .write(true)
        .open(lab.path("m.npy"))
        .unwrap();
    movie.set_len(128 + 480 * 250 * 500 * 8).unwrap();
    let run = |projection: &str, out: &str| {
        let program = env!("CARGO_BIN_EXE_dj-codec");
        let script =
            format!("ulimit -v 400000 && exec {program} preview m.npy {projection} --range 0,1 --out {out}");
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", &script])
            .current_dir(lab.path(""))
            .env_clear();
        lab.finish(&mut command, b"").good();
        Image::of(&lab.read(out))
    };
    let mean = run("--mean", "mean.png");
    assert_eq!(mean.size(), (500, 250));
    assert!(
        mean.samples.iter().all(|&sample| sample == 51),
        "{:?}",
        &mean.samples[..5]
    );
    assert!(
        run("--max", "max.png")
            .samples
            .iter()
            .all(|&sample| sample == 255)
    );
}
