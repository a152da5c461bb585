#!/usr/bin/env python3
"""Starts PostgreSQL, MySQL and the S3 server, side by side, and prints one line of JSON that says where they are.

    up.py [postgresql] [mysql] [s3]      all three where none is named

They run until this program's standard input ends, or until it is told to stop (SIGTERM, SIGINT). The line:
``{"postgresql": {...}, "mysql": {...}, "s3": {...}}``, each as its own script prints it.
"""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
from pathlib import Path

SCRIPTS = {"postgresql": "postgresql.py", "mysql": "mysql.py", "s3": "ceph.py"}


def _stop(_number, _frame) -> None:
    raise KeyboardInterrupt


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SCRIPTS]
    if unknown:
        print(f"up: no server {', '.join(unknown)}; there are {', '.join(SCRIPTS)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    here = Path(__file__).resolve().parent
    servers: dict[str, subprocess.Popen] = {}
    try:
        for name in names or SCRIPTS:
            servers[name] = subprocess.Popen(
                [sys.executable, here / SCRIPTS[name]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        where = {}
        for name, server in servers.items():
            line = server.stdout.readline()
            if not line:
                print(f"up: {name} did not start", file=sys.stderr)
                return 1
            where[name] = json.loads(line)
        print(json.dumps(where), flush=True)
        outputs = {server.stdout: name for name, server in servers.items()}
        while True:
            readable, _, _ = select.select([sys.stdin, *outputs], [], [])
            for one in readable:
                if one is not sys.stdin:
                    print(f"up: {outputs[one]} ended", file=sys.stderr)
                    return 1
            if not sys.stdin.buffer.read1(4096):
                return 0
    except KeyboardInterrupt:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # The end of its standard input is what each of them waits for.
        for server in servers.values():
            server.stdin.close()
        for server in servers.values():
            server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
