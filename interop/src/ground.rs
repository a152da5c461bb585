//! The Python environment and the three servers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dj_codecs::api::Json;
use tempfile::TempDir;

use crate::failed::{Failed, Outcome};
use crate::plan::Backend;

/// Everything that runs for the tests, and stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Ground {
    python: PathBuf,
    servers: Child,
    // The line in which the servers say where they are.
    places: String,
    software: String,
    // The workspaces; goes with this.
    folder: TempDir,
}

/// The folder of the Python programs.
fn programs() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command that sees nothing of the caller's DataJoint settings and cloud credentials.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        let own = text.starts_with("DJ_INTEROP_");
        if (text.starts_with("DJ_") && !own) || text.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

impl Ground {
    /// Makes the environment where it is not there, and starts the servers.
    pub(crate) fn start() -> Outcome<Self> {
        let system = std::env::var_os("DJ_INTEROP_PYTHON").unwrap_or_else(|| "python3".into());
        // Side by side: where nothing is cached, both download.
        let mut servers = command(&system)
            .arg(programs().join("servers/up.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failed::from(error).during("starting servers/up.py with Python"))?;
        let started = environment(&system).and_then(|python| {
            let output = servers.stdout.take().ok_or("servers/up.py has no output")?;
            let mut places = String::new();
            BufReader::new(output).read_line(&mut places)?;
            if places.is_empty() {
                return Err("the servers did not start; why stands above".into());
            }
            let folder = tempfile::Builder::new()
                .prefix("interop-")
                .tempdir_in(cache_folder(&python)?)?;
            Ok((python, places, folder))
        });
        match started {
            Ok((python, places, folder)) => {
                let software = software(&places)?;
                Ok(Self {
                    python,
                    servers,
                    places,
                    software,
                    folder,
                })
            }
            Err(failed) => {
                stop(&mut servers);
                Err(failed)
            }
        }
    }

    /// The servers' names and versions.
    pub(crate) fn software(&self) -> &str {
        &self.software
    }

    /// Makes the folder with the configuration of one database.
    pub(crate) fn make_workspace(&self, backend: Backend) -> Outcome<PathBuf> {
        let folder = self.folder.path().join(backend.name());
        std::fs::create_dir(&folder)?;
        let mut making = command(&self.python)
            .arg(programs().join("workspace.py"))
            .args([folder.as_os_str(), backend.name().as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(mut input) = making.stdin.take() {
            input.write_all(self.places.as_bytes())?;
        }
        let status = making.wait()?;
        if !status.success() {
            return Err(format!("workspace.py: {status}; why stands above").into());
        }
        Ok(folder)
    }

    /// The command that starts `peer.py`.
    pub(crate) fn peer(&self) -> Command {
        let mut peer = command(&self.python);
        peer.arg(programs().join("peer.py"));
        peer
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        stop(&mut self.servers);
    }
}

/// The end of their standard input is what the servers wait for.
fn stop(servers: &mut Child) {
    drop(servers.stdin.take());
    // There is nobody to tell if it was gone already.
    let _ = servers.wait();
}

/// Makes the environment of `requirements.txt` and gives its Python.
fn environment(system: &std::ffi::OsStr) -> Outcome<PathBuf> {
    let made = command(system)
        .arg(programs().join("environment.py"))
        .stderr(Stdio::inherit())
        .output()?;
    if !made.status.success() {
        return Err(format!("environment.py: {}; why stands above", made.status).into());
    }
    let python = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
    if !python.is_file() {
        return Err(format!("environment.py names {}, which is no file", python.display()).into());
    }
    Ok(python)
}

/// The cache folder: the environment's Python is CACHE/venv/bin/python.
fn cache_folder(python: &Path) -> Outcome<&Path> {
    python
        .ancestors()
        .nth(3)
        .ok_or_else(|| format!("{} is not in a cache folder", python.display()).into())
}

fn software(places: &str) -> Outcome<String> {
    let places: Json = serde_json::from_str(places)?;
    let servers = places.as_object().ok_or("servers/up.py gave no object")?;
    let names = servers
        .values()
        .filter_map(|server| server.get("software").and_then(Json::as_str));
    Ok(names.collect::<Vec<_>>().join(", "))
}
