"""Debian packages unpacked into a folder: nothing is installed, no root is needed, the machine stays as it was.

Two ways, both through apt with its own lists, so signatures and checksums are verified as ever:

* ``unpack_suite``: packages with all libraries down to the C library, from a named suite. They run through their own
  loader (``Unpacked.command``), so they work on any older or newer system of the same architecture.
* ``unpack_native``: from the machine's own suites only what it lacks, to be run with its own loader.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from process import ServerError, cache_folder, run, say, tail

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Unpacked:
    """A folder of unpacked packages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.libraries = [
            folder
            for pattern in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/ceph")
            for folder in sorted(root.glob(pattern))
            if folder.is_dir()
        ]

    def command(self, program: str) -> list[str]:
        """How to start ``program`` (a path below the root) through the loader that came with it."""
        for pattern in ("usr/lib64/ld-*.so.*", "usr/lib/ld-*.so.*", "lib64/ld-*.so.*", "lib/ld-*.so.*"):
            for loader in sorted(self.root.glob(pattern)):
                path = ":".join(str(folder) for folder in self.libraries)
                return [str(loader), "--library-path", path, str(self.root / program)]
        raise ServerError(f"no loader of the C library below {self.root}; remove that folder and try again")

    def library_folder(self, holding: str) -> Path:
        """The library folder that has the entry ``holding``."""
        for folder in self.libraries:
            if (folder / holding).exists():
                return folder / holding
        raise ServerError(f"no {holding} below {self.root}; remove that folder and try again")


def _mirrors() -> list[str]:
    """The Debian mirrors of the machine's own apt configuration (or the one in ``DJ_INTEROP_DEBIAN_MIRROR``)."""
    named = os.environ.get("DJ_INTEROP_DEBIAN_MIRROR")
    if named:
        return [named.rstrip("/")]
    found = []
    etc = Path("/etc/apt")
    for file in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        if file.is_file():
            for line in file.read_text().splitlines():
                if line.startswith("deb "):
                    found += re.findall(r"\bhttps?://\S+", line)[:1]
    for file in sorted(etc.glob("sources.list.d/*.sources")):
        for line in file.read_text().splitlines():
            if line.lower().startswith("uris:"):
                found += line.split(":", 1)[1].split()
    mirrors = [uri.rstrip("/") for uri in found if uri.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise ServerError(
            "this machine's apt sources name no Debian mirror; set DJ_INTEROP_DEBIAN_MIRROR to one "
            "(its URL ends in /debian), or run on a Debian system or container"
        )
    return mirrors


def _apt(folder: Path, tool: str, *arguments: str, sources: Path | None) -> list[str]:
    options = {
        "Dir::State::status": folder / "status",
        "Dir::State": folder / "state",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "0",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    if sources is not None:
        options |= {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "/dev/null"}
    return [tool, *(f"-o{key}={value}" for key, value in options.items()), *arguments]


def _unpack(name: str, wanted: list[str], sources_text: str | None, status: str, keep) -> Unpacked:
    folder = cache_folder() / "debian" / name
    folder.mkdir(parents=True, exist_ok=True)
    root, stamp = folder / "root", folder / "unpacked"
    key = hashlib.sha256("\n".join([*wanted, sources_text or ""]).encode()).hexdigest()
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text().splitlines()[:1] == [key]:
            return Unpacked(root)
        if not shutil.which("apt-get"):
            raise ServerError(f"{name} comes from Debian packages, and this machine has no apt-get")
        say(f"{name}: unpacking Debian packages {' '.join(wanted)} (once)")
        for part in (root, folder / "debs", folder / "lists"):
            shutil.rmtree(part, ignore_errors=True)
        for part in ("root", "debs", "lists/partial", "state", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").write_text(status)
        log = folder / "log"
        log.write_text("")
        sources = None
        if sources_text is not None:
            sources = folder / "debian.sources"
            sources.write_text(sources_text)
        run(_apt(folder, "apt-get", "update", "-qq", sources=sources), log)
        resolve = _apt(folder, "apt-get", "install", "-qq", "--print-uris", *wanted, sources=sources)
        plan = subprocess.run(resolve, capture_output=True, text=True, check=False)
        if plan.returncode != 0:
            raise ServerError(f"apt-get cannot resolve {' '.join(wanted)}: {plan.stderr.strip()}")
        packages = [line.split()[1].split("_")[0] for line in plan.stdout.splitlines() if line.startswith("'")]
        packages = [package for package in packages if keep(package)]
        missing = [package for package in wanted if package not in packages]
        if missing:
            raise ServerError(f"apt-get offers no {' '.join(missing)}; {tail(log)}")
        run(_apt(folder, "apt-get", "download", "-qq", *packages, sources=sources), log, cwd=folder / "debs")
        debs = sorted((folder / "debs").glob("*.deb"))
        for deb in debs:
            run(["dpkg-deb", "-x", deb, root], log)
        stamp.write_text("\n".join([key, *(deb.name for deb in debs)]) + "\n")
        for part in ("debs", "lists", "cache"):
            shutil.rmtree(folder / part, ignore_errors=True)
        return Unpacked(root)


def unpack_suite(name: str, suite: str, wanted: list[str]) -> Unpacked:
    """Unpacks packages of a Debian suite and every library that they need, once, into the cache folder."""
    signed = f"Signed-By: {KEYRING}\n" if KEYRING.is_file() else ""
    text = f"Types: deb\nURIs: {_mirrors()[0]}\nSuites: {suite}\nComponents: main\n{signed}"
    # Of the rest (init system, disk tools, interpreters) nothing is run.
    return _unpack(name, wanted, text, "", lambda package: package in wanted or package.startswith("lib"))


def unpack_native(name: str, wanted: str) -> Unpacked:
    """Unpacks a package of the machine's own suites, and what it needs that is not installed, once.

    Installed packages whose names begin with ``wanted`` count as not installed.
    """
    installed = Path("/var/lib/dpkg/status").read_text().split("\n\n")
    others = [entry for entry in installed if not entry.lstrip().startswith(f"Package: {wanted}")]
    return _unpack(name, [wanted], None, "\n\n".join(others), lambda _: True)
