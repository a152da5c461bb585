#!/usr/bin/env python3
"""A real MySQL server, from the packages of Debian unstable (Debian's stable releases have MariaDB only).

DataJoint needs a real MySQL: on MariaDB its JSON columns read as text, and the codecs that keep records in them fail.

Run alone: prints where it is, stops when its standard input ends.
"""

from __future__ import annotations

import fcntl
import getpass
import re
import shutil
import socket
import sys
from pathlib import Path

from debian import Unpacked, unpack_suite
from process import Run, free_ports, run, serve

SUITE = "sid"
PACKAGES = ["mysql-server-core"]
USER = PASSWORD = "interop"


def _command(unpacked: Unpacked, data: Path) -> list:
    share = unpacked.root / "usr/share/mysql"
    return [
        *unpacked.command("usr/sbin/mysqld"),
        "--no-defaults",
        f"--datadir={data}",
        f"--user={getpass.getuser()}",
        f"--lc-messages-dir={share}",
        f"--character-sets-dir={share}/charsets",
        f"--plugin-dir={unpacked.root}/usr/lib/mysql/plugin",
        "--secure-file-priv=",
        "--mysqlx=OFF",
        # A server for a few minutes: no log for replicas, and small files of its own.
        "--disable-log-bin",
        "--innodb-redo-log-capacity=16M",
        "--innodb-flush-log-at-trx-commit=2",
    ]


def _template(unpacked: Unpacked, log: Path) -> Path:
    """An initialized data folder, made once for each version: that takes MySQL several seconds."""
    folder = unpacked.root.parent
    template, made = folder / "data", folder / "data-made"
    version = (folder / "unpacked").read_text()
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made.is_file() and made.read_text() == version):
            shutil.rmtree(template, ignore_errors=True)
            first = folder / "first.sql"
            first.write_text(
                f"create user '{USER}'@'%' identified by '{PASSWORD}';\n"
                f"grant all privileges on *.* to '{USER}'@'%' with grant option;\n"
            )
            run([*_command(unpacked, template), "--initialize-insecure", f"--init-file={first}"], log, timeout=180)
            # Each copy makes a server id of its own.
            (template / "auto.cnf").unlink(missing_ok=True)
            made.write_text(version)
    return template


def _greets(port: int) -> bool:
    """Whether the server sends its greeting, whose first byte after the 4-byte header is protocol version 10."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(5)[4:5] == b"\x0a"
    except OSError:
        return False


def start(this: Run) -> dict:
    """Starts the server on a copy of the initialized data folder."""
    unpacked = unpack_suite("mysql", SUITE, PACKAGES)
    data = this.data / "mysql"
    shutil.copytree(_template(unpacked, this.logs / "initialize.out"), data)
    (port,) = free_ports(1)
    arguments = [
        f"--port={port}",
        "--bind-address=127.0.0.1",
        # Relative to the data folder: the length of a socket's path is limited.
        "--socket=socket",
        f"--pid-file={data}/pid",
    ]
    this.daemon("mysqld", [*_command(unpacked, data), *arguments])
    this.wait_until(lambda: _greets(port), "MySQL", this.logs / "mysqld.out")
    versions = re.findall(r"mysql-server-core.*?_([^_]+)_", (unpacked.root.parent / "unpacked").read_text())
    return {
        "software": f"MySQL {versions[0] if versions else ''}".strip(),
        "backend": "mysql",
        "host": "127.0.0.1",
        "port": port,
        "user": USER,
        "password": PASSWORD,
    }


if __name__ == "__main__":
    sys.exit(serve("mysql", start))
