#!/usr/bin/env python3
"""Measures `dj-codec audit` and `dj-codec verify` on a table with a million rows, and where the time goes.

    audit.py PROGRAM DB_URL [--rows N] [--repeats N] [--keep]

PROGRAM is a release build of ``dj-codec``; DB_URL is a server on which a schema may be made, ``postgres://...`` or ``mysql://...``. Needs
``datajoint``. The table is declared by DataJoint; its rows are made by the server itself, from 64 values that DataJoint packed: plain ones
and compressed ones, 50 bytes to 3 kB, in both of the formats of ``<blob>``. The schema is dropped at the end.

Printed are rows per second, the program's largest memory and processor time, and the processor time of servers on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import statistics
import subprocess
import time
import urllib.parse
from pathlib import Path

os.environ.setdefault("DJ_LOG_LEVEL", "ERROR")
import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402
from datajoint import blob  # noqa: E402

SCHEMA = "audit_bench"
SERVERS = ("postgres", "mysqld", "mariadbd")


def connect(url: str) -> bool:
    """Connects DataJoint to the server of a URL; whether it is PostgreSQL."""
    parts = urllib.parse.urlsplit(url)
    postgresql = parts.scheme.startswith("postgres")
    dj.config["database.backend"] = "postgresql" if postgresql else "mysql"
    dj.config["database.host"], dj.config["database.port"] = parts.hostname, parts.port
    dj.config["database.user"] = urllib.parse.unquote(parts.username)
    dj.config["database.password"] = urllib.parse.unquote(parts.password or "")
    dj.config["database.use_tls"] = False if postgresql else None
    if postgresql:
        dj.config["database.name"] = parts.path.strip("/")
    dj.config["safemode"] = False
    return postgresql


def packed(number: int) -> bytes:
    """One of the values: arrays are packed in the older format, all else in the newer one."""
    random = np.random.default_rng(number)
    values = (
        {"trial": number, "choice": "left", "times": [0.1 * number, 2.5]},
        random.integers(0, 4, 200 + 20 * number),
        random.random(5 + 3 * number),
        "a note of some length. " * (number + 1),
    )
    return blob.pack(values[number % 4])


def fill(postgresql: bool, rows: int) -> int:
    """Makes the table; gives the bytes of its values."""
    schema = dj.Schema(SCHEMA)
    schema.drop(prompt=False)
    schema = dj.Schema(SCHEMA)
    definition = "subject : varchar(16)\ntrial : int32\n---\nvalue : <blob>\n"
    table = schema(type("Trial", (dj.Manual,), {"definition": definition}))()
    query = dj.conn().query
    kept = f"{SCHEMA}.kept"
    query(f"CREATE TABLE {kept} (number int, value {'bytea' if postgresql else 'longblob'})")
    for number in range(64):
        query(f"INSERT INTO {kept} VALUES (%s, %s)", args=[number, packed(number)])
    places = range(len(str(rows - 1)))
    digits = " CROSS JOIN ".join(f"digits d{place}" for place in places)
    number = "+".join(f"d{place}.d*{10**place}" for place in places)
    ten = " UNION ALL ".join(f"SELECT {digit}{' AS d' if digit == 0 else ''}" for digit in range(10))
    numbers = f"WITH digits AS ({ten}), numbers AS (SELECT {number} AS n FROM {digits}) "
    if postgresql:
        numbers = f"WITH numbers AS (SELECT n FROM generate_series(0, {rows - 1}) AS n) "
    chosen = f"SELECT CONCAT('subject ', n / 1000 - MOD(n, 1000) / 1000), n, k.value FROM numbers JOIN {kept} k ON k.number = MOD(n, 64)"
    into = f"INSERT INTO {table.full_table_name} (subject, trial, value) "
    if postgresql:
        query(numbers + into + chosen)
        query(f"ANALYZE {table.full_table_name}")
    else:
        query(into + numbers + chosen + f" WHERE n < {rows}")
        query(f"ANALYZE TABLE {table.full_table_name}")
    query(f"DROP TABLE {kept}")
    (count, size) = query(
        f"SELECT COUNT(*), SUM({'octet_length' if postgresql else 'LENGTH'}(value)) FROM {table.full_table_name}"
    ).fetchone()
    assert count == rows, (count, rows)
    return int(size)


def server_time() -> float:
    """The processor time of the servers on this machine, those of their processes that have ended included."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = process.joinpath("cmdline").read_text()
            fields = process.joinpath("stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        # PostgreSQL writes what each process is there for over its arguments; a program may be started through its loader.
        if command.startswith("postgres:") or any(Path(part).name in SERVERS for part in command.split("\0")[:4]):
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(command: list[str]) -> dict:
    before, began = server_time(), time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    memory = 0
    # What the system says at the end counts this program too, which it was forked from.
    while not select.select([running.stdout], [], [], 0.02)[0]:
        status = Path(f"/proc/{running.pid}/status").read_text()
        memory = max([memory, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
    told = json.load(running.stdout)
    _, _, used = os.wait4(running.pid, 0)
    return {
        "seconds": time.perf_counter() - began,
        "program": used.ru_utime + used.ru_stime,
        "server": server_time() - before,
        "memory": memory / 1024,
        "told": told,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=1_000_000, help="at most ten million")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="leaves the schema there")
    arguments = parser.parse_args()
    postgresql = connect(arguments.url)
    size = fill(postgresql, arguments.rows)
    print(f"{arguments.rows:,} rows, {size / 1e6:,.0f} MB of values, {'PostgreSQL' if postgresql else 'MySQL'}")
    commands = {"audit": [], "verify, presence": ["--level", "presence"], "verify, full": ["--level", "full"]}
    for name, more in commands.items():
        command = [arguments.program, name.split(",")[0], arguments.url, "--schema", SCHEMA, "--json", *more]
        runs = [measure(command) for _ in range(arguments.repeats)]
        for run in runs:
            assert run["told"]["sound"] and run["told"]["rows"] == arguments.rows, run["told"]
        run = sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]
        print(
            f"{name:17} {arguments.rows / run['seconds']:9,.0f} rows/s  {run['seconds']:6.1f} s  "
            f"program {run['program']:5.1f} s  server {run['server']:5.1f} s  "
            f"{statistics.median(run['memory'] for run in runs):5.0f} MB"
        )
    if not arguments.keep:
        dj.Schema(SCHEMA).drop(prompt=False)


if __name__ == "__main__":
    main()
