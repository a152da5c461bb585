//! Movies of format 2.0 that we write, opened as their counts by zarr-python, tensorstore and zarrs.

use dj_codecs::api::{Array, Context};
use dj_codecs::photon::{Anscombe, MovieWriter, PhotonCodec, PhotonOptions, PhotonRecord};

use crate::failed::{Failed, Outcome, same};
use crate::movie::Movie;
use crate::report::Report;
use crate::workspace::Workspace;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let options = options()?;
    for (store, libraries) in [
        ("local", &["zarr", "tensorstore", "zarrs"][..]),
        ("cloud", &["zarr", "tensorstore"]),
    ] {
        let name = format!(
            "<photon@{store}> 2.0: each movie that we write, opened as counts by {}",
            libraries.join(", ")
        );
        report.scenario(&name, |checks| {
            for movie in &ws.movies {
                checks.check(movie.name(), || {
                    let cx = context(ws, store, movie.name());
                    let codec = PhotonCodec::default();
                    let record = codec.write(&movie.counts.read()?, &cx)?;
                    opened(ws, store, libraries, &cx, movie, record)
                });
            }
            for (name, options) in &options {
                checks.check(name, || {
                    let (movie, cx) = (ws.movie("camera")?, context(ws, store, name));
                    let record = streamed(&movie.counts.array, options, &cx)?;
                    opened(ws, store, libraries, &cx, movie, record)
                });
            }
        });
    }
    Ok(())
}

fn context(ws: &Workspace, store: &str, name: &str) -> Context {
    let cx = ws.reading().with_field("libraries", "photon", "movie");
    cx.with_key("name", name).with_column_store(Some(store))
}

/// What a user can choose.
fn options() -> Outcome<Vec<(String, PhotonOptions)>> {
    let default = PhotonOptions::default;
    let noise = Anscombe::new(12.5, 100.0, 25.0).map_err(|error| Failed::from(error.to_string()))?;
    Ok(vec![
        ("stored".into(), default().with_compression_level(0)),
        ("small".into(), default().with_compression_level(9)),
        ("chunks of 7 frames".into(), default().with_frames_per_chunk(7)),
        (
            "shards".into(),
            default().with_frames_per_chunk(10).with_frames_per_shard(50),
        ),
        (
            "noise and attribute".into(),
            default()
                .with_noise(noise)
                .with_attribute("rig", "two-photon 3 µm"),
        ),
    ])
}

/// Frames come in as an instrument delivers them.
fn streamed(movie: &Array, options: &PhotonOptions, cx: &Context) -> Outcome<PhotonRecord> {
    let (&frames, frame) = movie.shape().split_first().ok_or("the movie has no frames")?;
    let mut writer = MovieWriter::create(movie.dtype(), frame, options, cx)?;
    for from in (0..frames).step_by(33) {
        writer.push(&movie.rows(from..(from + 33).min(frames))?)?;
    }
    Ok(writer.finish()?)
}

fn opened(
    ws: &Workspace,
    store: &str,
    libraries: &[&str],
    cx: &Context,
    movie: &Movie,
    record: PhotonRecord,
) -> Outcome {
    for library in libraries {
        ws.peer
            .open_zarr_equal(library, Some(store), record.path(), &movie.counts.file)?;
    }
    let ours = PhotonCodec::default().open(record, cx)?;
    same(
        "the original dtype",
        &ours.original_dtype().to_string(),
        &movie.counts.dtype,
    )?;
    movie
        .counts
        .check(&ours.counts()?.read()?, true)
        .map_err(|failed| failed.during("our counts"))
}
