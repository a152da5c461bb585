//! A writer that is killed at any moment leaves nothing that opens as an array, and changes nothing that was there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dj_codec_api::{Array, Context, StoreMap};
use dj_codec_store::FileStore;
use dj_zarr_codecs::{ZarrOptions, ZarrRecord, ZarrWriter};

/// Where the child process writes. It is this same program, started again for one test.
const FOLDER: &str = "DJ_ZARR_TEST_KILL_FOLDER";
const KILLS: u32 = 40;
/// So many of them at least come while it is written.
const HALFWAY: u32 = 10;
const SHAPE: [usize; 3] = [96, 64, 64];

fn context(folder: &Path, id: i64) -> Context {
    let store = Arc::new(FileStore::open(folder).unwrap());
    Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("recording_id", id)
}

fn write(folder: &Path, id: i64) -> ZarrRecord {
    // Noise, so that there is something to compress and to write.
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 20) as u16 + 1
    };
    let movie = Array::from_vec((0..SHAPE.iter().product()).map(|_| next()).collect(), &SHAPE).unwrap();
    let options = ZarrOptions::default().with_chunk_shape(&[4, 64, 32]);
    ZarrWriter::write(&movie, &options, &context(folder, id)).unwrap()
}

/// Every file below a folder with its contents.
fn files(folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
}

fn snapshot(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    files(folder, &mut all);
    all
}

/// The child: says that it begins, writes, and says that it is done.
#[test]
#[ignore = "started by the test below, as a process of its own"]
fn child() {
    let folder = std::env::var(FOLDER).expect("started by the other test");
    println!("\nbegin");
    write(Path::new(&folder), 2);
    println!("\ndone");
}

fn start(folder: &Path) -> (std::process::Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    wait_for(&mut output, "begin");
    (child, output)
}

fn wait_for(output: &mut impl BufRead, word: &str) {
    let mut line = String::new();
    while line.trim() != word {
        line.clear();
        assert!(
            output.read_line(&mut line).unwrap() > 0,
            "the child ended before it said {word:?}"
        );
    }
}

#[test]
fn a_killed_writer_leaves_nothing_that_opens() {
    let store = tempfile::tempdir().unwrap();
    let kept = write(store.path(), 1);
    std::fs::write(store.path().join("note.txt"), "there before").unwrap();
    let before = snapshot(store.path());

    // How long it takes when nobody kills it, at first; what else the machine does changes that, and kills show what.
    let trial = tempfile::tempdir().unwrap();
    let (mut child, mut output) = start(trial.path());
    let begun = Instant::now();
    wait_for(&mut output, "done");
    let mut whole = begun.elapsed();
    child.wait().unwrap();

    let (mut halfway, mut early, mut complete) = (0, 0, 0);
    let mut kills = 0;
    while kills < KILLS || (halfway < HALFWAY && kills < 10 * KILLS) {
        let (mut child, _output) = start(store.path());
        let share = f64::from(kills % KILLS) / f64::from(KILLS);
        std::thread::sleep(whole.mul_f64(share).max(Duration::from_micros(50)));
        kills += 1;
        child.kill().unwrap();
        child.wait().unwrap();

        let mut after = snapshot(store.path());
        for (file, bytes) in &before {
            assert_eq!(after.remove(file).as_ref(), Some(bytes), "{file} was changed");
        }
        let metadata: Vec<_> = after.keys().filter(|file| file.ends_with("/zarr.json")).collect();
        match (metadata.as_slice(), after.is_empty()) {
            ([], true) => {
                early += 1;
                whole = whole.mul_f64(1.05);
            }
            ([], false) => halfway += 1,
            // The metadata is the last thing written: where it is, everything is.
            ([_], _) => {
                let objects = after
                    .keys()
                    .filter(|file| file.contains(".zarr/c/") && !file.contains(".dj-partial-"));
                assert_eq!(objects.count() as u64, kept.inventory().unwrap().objects());
                let size: usize = after
                    .iter()
                    .filter(|(file, _)| file.contains(".zarr/c/"))
                    .map(|(_, bytes)| bytes.len())
                    .sum();
                assert_eq!(size as u64, kept.inventory().unwrap().bytes());
                complete += 1;
                whole = whole.mul_f64(0.95);
            }
            (more, _) => panic!("{} arrays of one writer", more.len()),
        }
        for file in after.keys() {
            std::fs::remove_file(file).unwrap();
        }
    }
    println!(
        "killed {kills} times in {whole:?}: {early} before the first chunk, {halfway} halfway, {complete} after the end"
    );
    assert!(
        halfway >= HALFWAY,
        "the kills came too early or too late to show anything: {early}, {halfway}, {complete}"
    );
}
