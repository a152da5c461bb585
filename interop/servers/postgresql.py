#!/usr/bin/env python3
"""A real PostgreSQL server: the machine's own if it has one (14 or later), else Debian's packages, unpacked.

``DJ_INTEROP_POSTGRESQL`` names the folder that holds ``postgres`` and ``initdb``, or is ``unpack`` to take the packages
even where PostgreSQL is installed.

Run alone: prints where it is, stops when its standard input ends.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from debian import unpack_native
from process import Run, ServerError, free_ports, run, serve

OLDEST = 14
USER = PASSWORD = "interop"
DATABASE = "postgres"
# Any user will do that is not root, and this one is everywhere.
NOBODY = 65534


def _installed(root: Path) -> Path | None:
    """The newest folder of server programs below ``root``."""
    found = []
    for program in root.glob("usr/lib/postgresql/*/bin/initdb"):
        version = program.parent.parent.name
        if version.isdigit() and int(version) >= OLDEST and (program.parent / "postgres").is_file():
            found.append((int(version), program.parent))
    return max(found)[1] if found else None


def _programs() -> tuple[Path, dict[str, str]]:
    """The folder of the server's programs, and the environment that they need."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
    named = os.environ.get("DJ_INTEROP_POSTGRESQL")
    if named and named != "unpack":
        if not (Path(named) / "initdb").is_file():
            raise ServerError(f"DJ_INTEROP_POSTGRESQL is {named}, and there is no initdb in it")
        return Path(named), environment
    if named != "unpack":
        installed = _installed(Path("/"))
        if installed:
            return installed, environment
        found = shutil.which("initdb")
        if found and (Path(found).resolve().parent / "postgres").is_file():
            return Path(found).resolve().parent, environment
    unpacked = unpack_native("postgresql", "postgresql")
    programs = _installed(unpacked.root)
    if programs is None:
        raise ServerError(f"Debian's postgresql has no server of version {OLDEST} or later below {unpacked.root}")
    environment["LD_LIBRARY_PATH"] = ":".join(str(folder) for folder in unpacked.libraries)
    return programs, environment


def _as_somebody(command: list) -> list:
    """PostgreSQL refuses to run as root: then it runs as nobody, who may still pass through root's folders."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise ServerError("PostgreSQL refuses to run as root, and there is no setpriv (util-linux) to run it as another user")
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig=KILL"]
    # The second keeps access(2), by which initdb looks for its programs, of the same opinion.
    pass_through = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    return [setpriv, *user, *pass_through, *command]


def start(this: Run) -> dict:
    """Makes a database cluster and starts the server on it."""
    programs, environment = _programs()
    (port,) = free_ports(1)
    data, word = this.data / "postgresql", this.data / "password"
    data.mkdir(mode=0o700)
    word.write_text(PASSWORD)
    if os.geteuid() == 0:
        os.chown(data, NOBODY, NOBODY)
    initialize = [programs / "initdb", "-D", data, "-U", USER, f"--pwfile={word}", "--auth=scram-sha-256"]
    run(
        _as_somebody([*initialize, "--encoding=UTF8", "--no-locale", "--no-sync"]),
        this.logs / "initdb.out",
        env=environment,
        cwd=data,
    )
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        # The length of a socket's path is limited, and nobody needs one.
        "unix_socket_directories": "",
        "fsync": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients to leave.
    this.daemon(
        "postgres",
        _as_somebody([programs / "postgres", "-D", data, *options]),
        stop=signal.SIGINT,
        env=environment,
        cwd=data,
    )

    def accepts() -> bool:
        ask = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-d", DATABASE]
        return subprocess.run(ask, env=environment, check=False).returncode == 0

    this.wait_until(accepts, "PostgreSQL", this.logs / "postgres.out")
    told = subprocess.run([programs / "postgres", "--version"], env=environment, capture_output=True, text=True, check=False)
    version = re.search(r"\d+(\.\d+)*", told.stdout)
    return {
        "software": f"PostgreSQL {version.group() if version else ''}".strip(),
        "backend": "postgresql",
        "host": "127.0.0.1",
        "port": port,
        "user": USER,
        "password": PASSWORD,
        "database": DATABASE,
    }


if __name__ == "__main__":
    sys.exit(serve("postgresql", start))
