//! Which part of an array is shown, and what its axes become.

use std::ops::Range;

use super::args::PreviewArgs;
use crate::failure::{Failure, Outcome};
use crate::summary::shape_text;

/// How frames become a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Projection {
    /// One frame as it is.
    None,
    /// The mean of all.
    Mean,
    /// The greatest value of all.
    Max,
}

/// Which part of an array is shown, and what its axes become.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The range along each axis that is read.
    pub(super) region: Vec<Range<u64>>,
    /// The axis that runs down the picture.
    pub(super) rows: usize,
    /// The axis that runs across it.
    pub(super) columns: usize,
    /// The axis of red, green and blue.
    pub(super) channels: Option<usize>,
    /// How the frames become one.
    pub(super) projection: Projection,
    /// All that in words.
    pub(super) words: String,
}

impl Plan {
    /// What the arguments ask for of an array of this shape.
    pub(super) fn new(args: &PreviewArgs, shape: &[u64]) -> Outcome<Self> {
        let projection = match (args.mean, args.max) {
            (true, _) => Projection::Mean,
            (_, true) => Projection::Max,
            _ => Projection::None,
        };
        if shape.contains(&0) {
            return Err(Failure::wanting(format!(
                "the array of shape {} has no elements; there is nothing to show",
                shape_text(shape)
            )));
        }
        let channels = if args.rgb { Some(channels(shape)?) } else { None };
        let mut axes: Vec<usize> = (0..channels.unwrap_or(shape.len())).collect();
        let axis = axis(args.axis.unwrap_or(0), axes.len(), shape)?;
        let needed = if projection == Projection::None { 2 } else { 3 };
        if axes.len() < needed {
            return Err(too_few(projection, args.rgb, shape));
        }
        let along = axes.remove(axis);
        let frames = length(shape, along);
        let mut words = match projection {
            Projection::Mean => format!("mean of {frames} frames"),
            Projection::Max => format!("maximum of {frames} frames"),
            Projection::None => String::new(),
        };
        if projection == Projection::None {
            // A picture of two axes is its own only frame.
            axes.insert(if axes.len() == 1 { axis } else { 0 }, along);
        } else if along != 0 {
            words.push_str(&format!(" along axis {along}"));
        }
        let (Some(columns), Some(rows)) = (axes.pop(), axes.pop()) else {
            return Err(too_few(projection, args.rgb, shape));
        };
        if axes.is_empty() && projection == Projection::None && args.axis.is_some() {
            return Err(Failure::usage(
                "--axis: the array has the two axes of the picture only, and no frames",
            ));
        }
        let mut region: Vec<Range<u64>> = shape.iter().map(|&length| 0..length).collect();
        for (place, (axis, index)) in indices(args.frame.as_deref(), &axes, shape)?
            .into_iter()
            .enumerate()
        {
            if let Some(range) = region.get_mut(axis) {
                *range = index..index + 1;
            }
            let name = if place == 0 && projection == Projection::None {
                "frame"
            } else {
                "index"
            };
            let on = if axis == 0 {
                String::new()
            } else {
                format!(" on axis {axis}")
            };
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(&format!("{name} {index} of {}{on}", length(shape, axis)));
        }
        if words.is_empty() {
            words = "all of it".to_owned();
        }
        Ok(Self {
            region,
            rows,
            columns,
            channels,
            projection,
            words,
        })
    }

    /// The length of the part that is read, along an axis.
    pub(super) fn length(&self, axis: usize) -> u64 {
        self.region.get(axis).map_or(1, |range| range.end - range.start)
    }
}

fn length(shape: &[u64], axis: usize) -> u64 {
    shape.get(axis).copied().unwrap_or(1)
}

/// The axis of red, green and blue, which is the last one.
fn channels(shape: &[u64]) -> Outcome<usize> {
    match shape {
        [others @ .., 3 | 4] => Ok(others.len()),
        _ => Err(Failure::usage(format!(
            "--rgb: the last axis must have a length of 3 or 4, and the shape is {}",
            shape_text(shape)
        ))),
    }
}

/// An axis, counted from the end where negative.
fn axis(asked: i64, axes: usize, shape: &[u64]) -> Outcome<usize> {
    let counted = if asked < 0 { asked + axes as i64 } else { asked };
    usize::try_from(counted)
        .ok()
        .filter(|&axis| axis < axes || asked == 0)
        .ok_or_else(|| {
            Failure::usage(format!(
                "--axis {asked}: the array of shape {} has no such axis to show frames along",
                shape_text(shape)
            ))
        })
}

fn too_few(projection: Projection, rgb: bool, shape: &[u64]) -> Failure {
    let beside = if rgb { " beside that of the colours" } else { "" };
    let text = match projection {
        Projection::None => format!("a picture takes two axes{beside}"),
        _ => format!("a projection takes an axis for the frames and two for the picture{beside}"),
    };
    Failure::usage(format!("{text}, and the shape is {}", shape_text(shape)))
}

/// The index along each axis before those of the picture: as given, else the middle.
fn indices(given: Option<&str>, axes: &[usize], shape: &[u64]) -> Outcome<Vec<(usize, u64)>> {
    let given: Vec<&str> = given.map_or_else(Vec::new, |text| text.split(',').collect());
    if given.len() > axes.len() {
        let takes = match axes.len() {
            0 => "there are no frames to choose from".to_owned(),
            1 => "there is one axis to choose a frame on".to_owned(),
            many => format!("there are {many} axes to choose an index on"),
        };
        return Err(Failure::usage(format!(
            "--frame {}: {takes}, the shape is {}",
            given.join(","),
            shape_text(shape)
        )));
    }
    let mut given = given.into_iter();
    axes.iter()
        .map(|&axis| {
            let length = length(shape, axis);
            match given.next() {
                None => Ok((axis, length / 2)),
                Some(text) => index(text, axis, length).map(|index| (axis, index)),
            }
        })
        .collect()
}

fn index(text: &str, axis: usize, length: u64) -> Outcome<u64> {
    let asked: i128 = text.trim().parse().map_err(|_| {
        Failure::usage(format!(
            "--frame: {text:?} is no index; one looks like 5, or -1 for the last"
        ))
    })?;
    let counted = if asked < 0 {
        asked.saturating_add(i128::from(length))
    } else {
        asked
    };
    u64::try_from(counted)
        .ok()
        .filter(|&index| index < length)
        .ok_or_else(|| {
            Failure::usage(format!(
                "--frame {asked}: axis {axis} has a length of {length}; the indices are 0 to {}, or -{length} to -1 from \
                 the end",
                length - 1
            ))
        })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: PreviewArgs,
    }

    fn plan(options: &[&str], shape: &[u64]) -> Result<Plan, String> {
        let line = Line::parse_from(["preview", "x.npy"].iter().chain(options));
        Plan::new(&line.args, shape).map_err(|failure| failure.to_string())
    }

    #[test]
    fn frames_lie_along_the_first_axis_and_the_middle_one_is_shown() {
        let found = plan(&[], &[7, 4, 5]).unwrap();
        assert_eq!(found.region, [3..4, 0..4, 0..5]);
        assert_eq!((found.rows, found.columns, found.channels), (1, 2, None));
        assert_eq!(found.words, "frame 3 of 7");
        assert_eq!(plan(&["--frame", "-1"], &[7, 4, 5]).unwrap().region[0], 6..7);
        let volume = plan(&["--frame", "2"], &[7, 6, 4, 5]).unwrap();
        assert_eq!(volume.region, [2..3, 3..4, 0..4, 0..5]);
        assert_eq!(volume.words, "frame 2 of 7, index 3 of 6 on axis 1");
        assert_eq!(plan(&[], &[4, 5]).unwrap().words, "all of it");
    }

    #[test]
    fn another_axis_may_be_that_of_the_frames() {
        let found = plan(&["--axis", "-1", "--frame", "0"], &[7, 4, 5]).unwrap();
        assert_eq!((found.rows, found.columns), (0, 1));
        assert_eq!(found.region, [0..7, 0..4, 0..1]);
        let mean = plan(&["--mean", "--axis", "1"], &[7, 4, 5]).unwrap();
        assert_eq!(
            (mean.rows, mean.columns, mean.projection),
            (0, 2, Projection::Mean)
        );
        assert_eq!(mean.words, "mean of 4 frames along axis 1");
        let max = plan(&["--max", "--frame", "1"], &[7, 6, 4, 5]).unwrap();
        assert_eq!(max.region, [0..7, 1..2, 0..4, 0..5]);
        assert_eq!(max.words, "maximum of 7 frames, index 1 of 6 on axis 1");
    }

    #[test]
    fn colours_are_the_last_axis() {
        let found = plan(&["--rgb"], &[7, 4, 5, 3]).unwrap();
        assert_eq!((found.rows, found.columns, found.channels), (1, 2, Some(3)));
        assert_eq!(found.region, [3..4, 0..4, 0..5, 0..3]);
        assert_eq!(plan(&["--rgb"], &[4, 5, 4]).unwrap().channels, Some(2));
    }

    #[test]
    fn what_makes_no_picture_is_said_so() {
        for (options, shape, words) in [
            (&[][..], &[5][..], "two axes"),
            (&[], &[], "two axes"),
            (&[], &[0, 5], "no elements"),
            (&["--mean"], &[4, 5], "an axis for the frames"),
            (&["--rgb"], &[4, 3], "beside"),
            (&["--rgb", "--mean"], &[4, 5, 3], "beside"),
            (&["--rgb"], &[4, 5, 6], "3 or 4"),
            (&["--frame", "0"], &[4, 5], "no frames"),
            (&["--axis", "0"], &[4, 5], "no frames"),
            (&["--axis", "3"], &[7, 4, 5], "no such axis"),
            (&["--axis", "-4"], &[7, 4, 5], "no such axis"),
            (&["--frame", "7"], &[7, 4, 5], "0 to 6"),
            (&["--frame", "-8"], &[7, 4, 5], "0 to 6"),
            (&["--frame", "x"], &[7, 4, 5], "no index"),
            (&["--frame", "1,2"], &[7, 4, 5], "one axis"),
            (&["--mean", "--frame", "1"], &[7, 4, 5], "no frames"),
        ] {
            let error = plan(options, shape).unwrap_err();
            assert!(error.contains(words), "{options:?} {shape:?}: {error}");
        }
    }
}
