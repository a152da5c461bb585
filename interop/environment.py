#!/usr/bin/env python3
"""Makes the virtual environment of the interoperability tests and prints the path of its Python.

It is made once for each text of ``requirements.txt``, in the cache folder (``DJ_INTEROP_DIR``, else ``target/interop``), by
this Python, or the one that ``DJ_INTEROP_PYTHON`` names. Nothing is done where it stands already.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "servers"))

from process import INTEROP, ServerError, cache_folder, run, say  # noqa: E402

REQUIREMENTS = INTEROP / "requirements.txt"
OLDEST = (3, 11)


def _describe(python: str) -> tuple[tuple[int, ...], bool] | None:
    """The version of a Python and whether it can make environments with pip in them; None if it does not run."""
    ask = "import sys, importlib.util as u; print(*sys.version_info[:3], u.find_spec('ensurepip') is not None)"
    try:
        told = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(part) for part in told[:3]), told[3] == "True"


def _python() -> str:
    named = os.environ.get("DJ_INTEROP_PYTHON")
    candidates = [named] if named else [sys.executable, "python3", "python3.13", "python3.12", "python3.11"]
    for python in candidates:
        described = _describe(python)
        if described is None or described[0] < OLDEST:
            continue
        if not described[1] and not _install_venv():
            raise ServerError(
                f"{python} lacks the modules venv and ensurepip; on Debian or Ubuntu: apt-get install python3-venv"
            )
        return python
    raise ServerError(
        f"no Python {'.'.join(map(str, OLDEST))} or later among {', '.join(candidates)}; name one by DJ_INTEROP_PYTHON"
    )


def _install_venv() -> bool:
    """Debian keeps ensurepip in a package of its own."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say("environment: apt-get install python3-venv")
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"]
    return subprocess.run(command, check=False, **quiet).returncode == 0


def make() -> Path:
    """Makes the environment if it is not there, and gives its Python."""
    venv = cache_folder() / "venv"
    python, stamp = venv / "bin" / "python", venv / "requirements.sha256"
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + os.environ.get("DJ_INTEROP_PYTHON", "").encode()).hexdigest()
    with open(venv.parent / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == key and _describe(str(python)):
            return python
        say(f"environment: making {venv} (once)")
        shutil.rmtree(venv, ignore_errors=True)
        log = venv.parent / "venv.log"
        log.write_text("")
        run([_python(), "-m", "venv", venv], log)
        run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "-r", REQUIREMENTS], log)
        run([python, "-m", "pip", "check"], log)
        run([python, "-m", "compileall", "-q", venv / "lib"], log)
        stamp.write_text(key)
        return python


def main() -> int:
    try:
        print(make())
    except (ServerError, OSError) as error:
        say(f"environment: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
