#!/usr/bin/env python3
"""Checks the ground of the interoperability tests with Python alone, through the same programs and protocol.

    python3 interop/check.py

Makes the environment, starts the servers, then: the S3 server does what a store needs of it, and on both databases
what Python DataJoint inserts it fetches again, on both stores, and a record put into a row by SQL reads as one inserted.
One line a scenario; the last line is ``N passed, N failed``, and the exit code is 0 only without a failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INTEROP = Path(__file__).resolve().parent
sys.path.insert(0, str(INTEROP / "servers"))

import environment  # noqa: E402
from process import ServerError, cache_folder, say  # noqa: E402

# zarrs reads folders only, in Python.
LIBRARIES = [
    ("tensorstore", "zarr_local"),
    ("tensorstore", "zarr_cloud"),
    ("zarrs", "zarr_local"),
    ("zarr", "zarr_cloud"),
]


class Failed(Exception):
    """The peer answered with an error."""


class Peer:
    """A running ``peer.py``."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.log = open(folder / "peer.log", "ab")
        self.process = subprocess.Popen(
            [python, INTEROP / "peer.py"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def ask(self, op: str, **request) -> dict:
        self.process.stdin.write(json.dumps({"op": op, **request}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the peer ended; see {self.log.name}")
        answer = json.loads(line)
        if not answer.pop("ok"):
            raise Failed(answer["error"])
        return answer

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.log.close()


class Report:
    """Counts, one line a scenario."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def scenario(self, name: str, count: int, failures: list[str], begun: float) -> None:
        self.passed += count - len(failures)
        self.failed += len(failures)
        print(f"{'ok  ' if not failures else 'FAIL'} {name}: {count} in {time.monotonic() - begun:.1f} s", flush=True)
        for failure in failures:
            print(f"       {failure}", flush=True)


class Database:
    """One database and its peer."""

    def __init__(self, report: Report, python: Path, backend: str, servers: dict, folder: Path) -> None:
        self.report, self.backend, self.folder = report, backend, folder
        folder.mkdir()
        command = [python, INTEROP / "workspace.py", folder, backend]
        subprocess.run(command, input=json.dumps(servers), text=True, check=True, stdout=subprocess.DEVNULL)
        scenario = json.loads((INTEROP / "scenario.json").read_text())
        self.keys = {
            table: [one["key"] for one in keys if backend not in one.get("not_on", {})]
            for table, keys in scenario["keys"].items()
        }
        self.tables = {name: one for name, one in scenario["tables"].items() if backend not in one.get("not_on", {})}
        self.out = str(folder / "fetched.npy")
        self.peer = Peer(python, folder)

    def check(self) -> None:
        """All scenarios."""
        self.peer.ask("hello")
        (self.folder / "npy").mkdir()
        self.cases = self.peer.ask("arrays", folder=str(self.folder / "npy"))["arrays"]
        definitions = {name: one["definition"] for name, one in self.tables.items()}
        self.columns = {
            name: [line.split("=")[0] for line in text.split("---\n")[1].splitlines()]
            for name, text in definitions.items()
        }
        self.peer.ask("declare", schema="interop", tables=definitions)
        for place, column in enumerate(self.columns["Arrays"]):
            self.scenario(f"{column}: each array", [
                (case["name"], lambda case=case, key=key: self.array(key, column, case))
                for key, case in enumerate(self.cases, start=1000 * place)
            ])
        for library, column in LIBRARIES:
            # tensorstore and zarrs have no texts, times or structures.
            place = 1000 * self.columns["Arrays"].index(column)
            self.scenario(f"{column}: opened by {library}", [
                (case["name"], lambda case=case, key=key: self.library(library, column, key, case))
                for key, case in enumerate(self.cases, start=place)
                if library == "zarr" or case["kind"] in "biufc"
            ])
        self.scenario("each key, all columns", [
            (f"{table} {key}", lambda table=table, key=key: self.row(table, key))
            for table in self.tables if table in self.keys
            for key in self.keys[table]
        ])
        self.scenario("records put into rows by SQL", [
            (f"{table} {column}", lambda table=table, column=column: self.put(table, column))
            for table in self.tables if table in self.keys
            for column in self.columns[table]
        ])
        self.peer.ask("drop")

    def scenario(self, name: str, checks: list) -> None:
        begun, failures = time.monotonic(), []
        for label, check in checks:
            try:
                why = check()
            except Failed as failed:
                why = str(failed)
            if why:
                failures.append(f"{label}: {why}")
        self.report.scenario(f"{self.backend} {name}", len(checks), failures, begun)

    def same(self, table: str, key: dict, column: str, file: str, **how) -> str | None:
        """Fetches and compares; Zarr does not keep the byte order."""
        if self.peer.ask("fetch1", table=table, key=key, field=column, out=self.out, **how)["null"]:
            return "NULL"
        told = self.peer.ask("equal", a=file, b=self.out, any_byte_order=column.startswith("zarr"))
        return None if told["equal"] else told["why"]

    def array(self, number: int, column: str, case: dict) -> str | None:
        """Inserted and fetched; the record says type and shape; the columns left out are NULL."""
        key = {"case_id": number}
        self.peer.ask("insert", table="Arrays", row={**key, column: {"$npy": case["file"]}})
        why = self.same("Arrays", key, column, case["file"])
        if why:
            return why
        for other in self.columns["Arrays"]:
            record = self.peer.ask("raw", table="Arrays", key=key, field=other)["record"]
            if other != column and record is not None:
                return f"{other} is not NULL: {record}"
            if other == column and (record["dtype"], record["shape"]) != (case["dtype"], case["shape"]):
                return f"its record is {record}"
        other = next(name for name in self.columns["Arrays"] if name != column)
        if not self.peer.ask("fetch1", table="Arrays", key=key, field=other, out=self.out)["null"]:
            return f"{other}, which was left out, is fetched as a value"
        return None

    def library(self, library: str, column: str, number: int, case: dict) -> str | None:
        """The Zarr array of a row, opened by a library without DataJoint's database."""
        record = self.peer.ask("raw", table="Arrays", key={"case_id": number}, field=column)["record"]
        try:
            self.peer.ask("open_zarr", library=library, store=record["store"], path=record["path"], out=self.out)
        except Failed as failed:
            return str(failed)
        told = self.peer.ask("equal", a=case["file"], b=self.out, any_byte_order=True)
        return None if told["equal"] else told["why"]

    def row(self, table: str, key: dict) -> str | None:
        """One row with an array in each column."""
        file = self.cases[1]["file"]
        self.peer.ask("insert", table=table, row={**key, **{column: {"$npy": file} for column in self.columns[table]}})
        for column in self.columns[table]:
            why = self.same(table, key, column, file)
            if why is None and column == "npy_local":
                why = self.same(table, key, column, file, mmap=True)
            if why:
                return f"{column}: {why}"
        return None

    def put(self, table: str, column: str) -> str | None:
        """A record of the first key's row, put into a row of its own."""
        key, new = self.keys[table][0], dict(self.keys[table][0])
        if table == "Tagged":
            new["tag"] = {"$uuid": f"ffffffff-0000-4000-8000-{self.columns[table].index(column):012}"}
        else:
            first = next(iter(new))
            new[first] = f"by SQL 100% {column}"
        record = self.peer.ask("raw", table=table, key=key, field=column)["record"]
        fields = {other: None for other in self.columns[table]} | {column: record}
        self.peer.ask("put_raw", table=table, key=new, fields=fields)
        if self.peer.ask("raw", table=table, key=new, field=column)["record"] != record:
            return "the record changed on its way"
        return self.same(table, new, column, self.cases[1]["file"])


def main() -> int:
    report = Report()
    try:
        python = environment.make()
    except (ServerError, OSError) as error:
        say(f"check: {error}")
        return 1
    up = subprocess.Popen(
        [sys.executable, INTEROP / "servers" / "up.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        line = up.stdout.readline()
        if not line:
            return 1
        servers = json.loads(line)
        print("servers:", ", ".join(server["software"] for server in servers.values()), flush=True)
        with tempfile.TemporaryDirectory(prefix="check-", dir=cache_folder()) as work:
            s3 = subprocess.run(
                [python, INTEROP / "check_s3.py"], input=json.dumps(servers["s3"]), text=True, stdout=subprocess.PIPE, check=False
            )
            for told in s3.stdout.splitlines():
                one = json.loads(told)
                report.scenario(f"s3 {one['name']}", 1, one["failures"], time.monotonic() - one["seconds"])
            if s3.returncode != 0:
                report.scenario("s3", 1, [f"check_s3.py ended with {s3.returncode}"], time.monotonic())
            for backend in ("postgresql", "mysql"):
                database = Database(report, python, backend, servers, Path(work) / backend)
                try:
                    database.check()
                finally:
                    database.peer.close()
    except Failed as failed:
        report.scenario("the peer", 1, [str(failed)], time.monotonic())
    finally:
        up.stdin.close()
        up.wait()
    print(f"{report.passed} passed, {report.failed} failed")
    return 0 if report.failed == 0 and report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
