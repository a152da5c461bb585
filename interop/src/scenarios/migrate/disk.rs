//! Disks without room.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::lab::Lab;
use crate::failed::{Outcome, ensure};
use crate::program::{Program, Ran};

/// What a file system in memory gives at a time, and how much of it is free: some of the larger values have room.
const BLOCK: u64 = 4096;
const ROOM: u64 = 1 << 19;

/// A disk on which not everything has room.
pub(super) trait Disk {
    /// Runs the program on it.
    fn run(&self, program: &Program, arguments: &[String]) -> Outcome<Ran>;
    /// What the system says of it.
    fn words(&self) -> &'static str;
    /// Makes room.
    fn make_room(&self) -> Outcome;
}

/// Files may be no larger than this.
pub(super) struct Limited;

impl Disk for Limited {
    fn run(&self, program: &Program, arguments: &[String]) -> Outcome<Ran> {
        // 64 kB, in blocks of 512 bytes. Without the signal, which would end the program, the write fails.
        let shell = "trap '' XFSZ; ulimit -f 128; exec \"$@\"";
        let mut all = vec!["-c", shell, "sh"];
        let path = program.path().to_string_lossy();
        all.push(&path);
        all.extend(arguments.iter().map(String::as_str));
        program.other(Path::new("/bin/sh")).run(&all)
    }

    fn words(&self) -> &'static str {
        "File too large"
    }

    fn make_room(&self) -> Outcome {
        Ok(())
    }
}

/// A small file system in memory, at the place of the folder that the objects are in; gone when it is dropped.
pub(super) struct Small(PathBuf);

impl Small {
    /// Makes one with the objects that are there, and a little room; `None` where this user may not.
    pub(super) fn make(lab: &Lab<'_>) -> Outcome<Option<Self>> {
        let folder = lab.ws.folder.join("stores/local/_schema/migrate_lab/large");
        let copy = tempfile::tempdir_in(&lab.ws.folder)?;
        shell("cp", &["-a", &text(&folder.join(".")), &text(copy.path())])?;
        let size = format!("size={}", taken(&folder)? + ROOM);
        if shell("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", &text(&folder)]).is_err() {
            return Ok(None);
        }
        let small = Self(folder);
        shell("cp", &["-a", &text(&copy.path().join(".")), &text(&small.0)])?;
        Ok(Some(small))
    }
}

impl Disk for Small {
    fn run(&self, program: &Program, arguments: &[String]) -> Outcome<Ran> {
        program.run(arguments)
    }

    fn words(&self) -> &'static str {
        "No space left"
    }

    fn make_room(&self) -> Outcome {
        shell("mount", &["-o", "remount,size=64m", &text(&self.0)])
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Where it cannot be taken off now, it goes when nobody uses it any more.
        let _ = shell("umount", &["-l", &text(&self.0)]);
    }
}

/// The bytes of the blocks that a folder's files take.
fn taken(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() {
            taken(&entry.path())?
        } else {
            entry.metadata()?.len().next_multiple_of(BLOCK)
        };
    }
    Ok(sum)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn shell(program: &str, arguments: &[&str]) -> Outcome {
    let ran = Command::new(program).args(arguments).output()?;
    ensure(ran.status.success(), || {
        format!(
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        )
    })
}
