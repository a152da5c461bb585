use dj_codecs::api::Json;
use serde_json::json;

use crate::lab::Lab;

#[test]
fn the_record_is_one_line_and_leads_to_the_array() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3, 4]);
    let args = [
        "encode",
        "<npy@>",
        "--schema",
        "neuroscience",
        "--table",
        "recording",
        "--field",
        "waveform",
        "--key",
        "recording_id=1",
        "--npy",
        "x.npy",
    ];
    let ran = lab.run(&args).good();
    assert_eq!(ran.text().lines().count(), 1);
    let record = ran.json();
    assert_eq!(
        (&record["store"], &record["dtype"], &record["shape"]),
        (&json!("main"), &json!("float64"), &json!([3, 4]))
    );
    let path = record["path"].as_str().unwrap();
    assert!(
        path.starts_with("_schema/neuroscience/recording/recording_id=1/waveform_") && path.ends_with(".npy"),
        "{path}"
    );
    assert_eq!(lab.read(&format!("dj-store/{path}")), lab.read("x.npy"));
}

fn path_of(lab: &Lab, options: &[&str]) -> String {
    let mut args = vec![
        "encode", "<npy@>", "--npy", "x.npy", "--schema", "s", "--table", "t", "--field", "f",
    ];
    args.extend(options);
    let record = lab.run(&args).good().json();
    let path = record["path"].as_str().unwrap();
    path.strip_prefix("_schema/s/t/")
        .unwrap()
        .rsplit_once("f_")
        .unwrap()
        .0
        .to_owned()
}

#[test]
fn keys_make_the_path_that_python_makes() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[1]);
    assert_eq!(path_of(&lab, &["--key", "b=2", "--key", "a=x"]), "b=2/a=x/");
    assert_eq!(path_of(&lab, &["--key", "k=-007"]), "k=-7/");
    assert_eq!(path_of(&lab, &["--key", "k=1e5"]), "k=100000.0/");
    assert_eq!(
        path_of(&lab, &["--key", "k=123456789012345678901234567890"]),
        "k=123456789012345678901234567890/"
    );
    assert_eq!(
        path_of(&lab, &["--key", "k=007", "--key-type", "k=str"]),
        "k=007/"
    );
    assert_eq!(
        path_of(&lab, &["--key", "k=5", "--key-type", "k=float"]),
        "k=5.0/"
    );
    assert_eq!(
        path_of(&lab, &["--key", "k=1.500", "--key-type", "k=decimal"]),
        "k=1.500/"
    );
    assert_eq!(
        path_of(&lab, &["--key", "k=true", "--key-type", "k=bool"]),
        "k=True/"
    );
    assert_eq!(
        path_of(&lab, &["--key", "k=2024-01-31", "--key-type", "k=date"]),
        "k=2024-01-31/"
    );
    assert_eq!(path_of(&lab, &["--key", "k=a/b"]), "k=a%2Fb/");
    let uuid = "8D6E7A3C-1F2B-4C3D-9E8F-0A1B2C3D4E5F";
    let key = format!("k={uuid}");
    assert_eq!(
        path_of(&lab, &["--key", &key, "--key-type", "k=uuid"]),
        format!("k={}/", uuid.to_lowercase())
    );
}

#[test]
fn keys_that_make_no_sense_write_nothing() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[1]);
    let with = |options: &[&str]| {
        let mut args = vec!["encode", "<npy@>", "--npy", "x.npy"];
        args.extend(options);
        lab.run(&args)
    };
    with(&["--key", "5"]).fails(2, &["K=V"]);
    with(&["--key", "a=1", "--key", "a=2"]).fails(2, &["two values"]);
    with(&["--key", "a=x", "--key-type", "a=int"]).fails(2, &["type int"]);
    with(&["--key", "a=x", "--key-type", "a=complex"]).fails(2, &["datetime"]);
    with(&["--key-type", "a=int"]).fails(2, &["no --key"]);
    with(&["--schema", "../up"]).fails(2, &["up"]);
    assert_eq!(lab.files("dj-store"), [""; 0]);
}

#[test]
fn an_array_comes_from_standard_input() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[100, 7]);
    let ran = lab
        .run_with(&["encode", "<npy@>", "--npy", "-"], &lab.read("x.npy"))
        .good();
    let path = ran.json()["path"].as_str().unwrap().to_owned();
    assert_eq!(lab.read(&format!("dj-store/{path}")), lab.read("x.npy"));
    lab.run_with(&["encode", "<npy@>", "--npy", "-"], &lab.read("x.npy")[..200])
        .fails(1, &["standard input"]);
    lab.run_with(&["encode", "<npy@>", "--npy", "-"], b"")
        .fails(1, &["standard input"]);
}

#[test]
fn an_array_comes_in_the_notation() {
    let lab = Lab::new();
    let notation = json!({"$array": {"dtype": "<i2", "shape": [2], "data": "AQACAA=="}});
    let ran = lab
        .run_with(
            &["encode", "<npy@>", "--json", "-"],
            notation.to_string().as_bytes(),
        )
        .good();
    lab.write("r.json", &ran.stdout);
    assert_eq!(
        lab.run(&["decode", "<npy@>", "--record", "r.json", "--json"])
            .good()
            .json(),
        notation
    );
    lab.write("null.json", "null");
    assert_eq!(
        lab.run(&["encode", "<npy@>", "--json", "null.json"])
            .good()
            .text(),
        "null\n"
    );
}

#[test]
fn what_cannot_be_encoded_is_named() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3])
        .write("text.json", "\"text\"")
        .write("half.json", "{\"$array\":")
        .write("latin.json", [0xe9]);
    lab.run(&["encode", "<npy@>", "--json", "text.json"])
        .fails(1, &["requires an array", "a str"]);
    lab.run(&["encode", "<npy@>", "--json", "half.json"])
        .fails(1, &["half.json"]);
    lab.run(&["encode", "<npy@>", "--json", "latin.json"])
        .fails(1, &["latin.json", "UTF-8"]);
    lab.run(&["encode", "<npy@>", "--npy", "text.json"])
        .fails(1, &["text.json"]);
    lab.run(&["encode", "<npy@>", "--file", "x.npy"])
        .fails(2, &["takes no files", "--npy"]);
    lab.run(&["encode", "<npy@>", "--file", "nothing"])
        .fails(2, &["nothing"]);
    lab.run(&["encode", "<npy@>", "--npy", "nothing.npy"])
        .fails(2, &["nothing.npy", "No such file"]);
    lab.run(&["encode", "<npy@>", "--npy", "."]).fails(2, &["folder"]);
    lab.run(&["encode", "<npy>", "--npy", "x.npy"])
        .fails(2, &["requires @", "<npy@>"]);
    lab.run(&["encode", "<npy@cold>", "--npy", "x.npy"])
        .fails(2, &["cold", "main"]);
    lab.run(&["encode", "<spikes@>", "--npy", "x.npy"])
        .fails(1, &["dj-spikes-codecs"]);
    assert_eq!(lab.files("dj-store"), [""; 0]);
}

#[test]
fn the_format_is_the_one_asked_for() {
    let lab = Lab::new();
    lab.save_counting("x.npy", &[3]);
    for (version, byte) in [("1.0", 1), ("2.0", 2), ("3.0", 3), ("3", 3)] {
        let ran = lab
            .run(&["encode", "<npy@>", "--npy", "x.npy", "--format-version", version])
            .good();
        let path = ran.json()["path"].as_str().unwrap().to_owned();
        assert_eq!(lab.read(&format!("dj-store/{path}"))[6], byte);
    }
    let ran = lab.run(&["encode", "<npy@>", "--npy", "x.npy", "--format-version", "9.0"]);
    ran.fails(2, &["9.0", "1.0, 2.0, 3.0"]);
}

#[test]
fn bytes_are_printed_as_base64() {
    let lab = Lab::new();
    let ran = lab
        .run_with(&["encode", "bytes", "--json", "-"], br#"{"$bytes": "aGVsbG8="}"#)
        .good();
    assert_eq!(ran.json(), json!({"$bytes": "aGVsbG8="}));
    let decoded = lab
        .run_with(&["decode", "bytes", "--record", "-", "--json"], &ran.stdout)
        .good();
    assert_eq!(decoded.json(), json!({"$bytes": "aGVsbG8="}));
    let decoded = lab
        .run_with(&["decode", "bytes", "--bytes", "-", "--out", "-"], b"hello")
        .good();
    assert_eq!(decoded.stdout, b"hello");
    let json = lab
        .run_with(&["decode", "json", "--bytes", "-", "--json"], b"{\"a\": 1}")
        .good();
    assert_eq!(json.json(), json!({"a": 1}));
    assert_eq!(
        Json::Null,
        lab.run_with(&["decode", "json", "--record", "-", "--json"], b"null")
            .good()
            .json()
    );
}
