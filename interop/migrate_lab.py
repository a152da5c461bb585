#!/usr/bin/env python3
"""A schema of values in old formats, for the tests of `migrate`: filled, fetched and worked on as a Python user does.

    migrate_lab.py PROGRAM SCHEMA       in a folder with a ``datajoint.json`` (``workspace.py`` makes it)

Driven by lines of JSON (``answers.py``); what the operations do, take and give stands in their docstrings. Rows are known by the field
``number`` of their key, and values travel as the text of their notation (``notation.py``).
"""

from __future__ import annotations

import base64
import datetime
import random
import shutil
import sys

from answers import serve

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402
import zarr  # noqa: E402
from datajoint import blob  # noqa: E402

import notation  # noqa: E402
import photon_codec  # noqa: E402, F401
import zarr_codec  # noqa: E402, F401
from lab import Lab, url  # noqa: E402

TABLES = {
    "Scan": """
        subject : varchar(32)
        day : date
        number : int32
        ---
        movie=null : <zarr@local>
        remote=null : <zarr@cloud>
        counts=null : <photon@local>
        note=null : <blob>
        shared=null : <blob@local>
    """,
    "Copy": """
        number : int32
        ---
        shared : <blob@local>
    """,
    "Wrapped": """
        number : int32
        ---
        note : <blob>
    """,
    "Crowd": """
        subject : varchar(32)
        number : int32
        ---
        movie=null : <zarr@local>
        note=null : <blob>
    """,
    "Large": """
        number : int32
        ---
        movie : <zarr@local>
    """,
}
SUBJECTS = ["m1", "it's", 'a "b"', "back\\slash", "Größe 日本", "50%25 %s", "a/b c"]
DTYPES = ["int16", "float64", "uint8", "int32", "bool", "complex64", "float32", "uint64"]


def array(number: int, shape: tuple[int, ...]) -> np.ndarray:
    """An array of which every number has another one, of one type after the other, with the odd values of floats."""
    dtype = np.dtype(DTYPES[number % len(DTYPES)])
    made = np.random.default_rng(number).integers(0, 120, shape).astype(dtype)
    # Of complex numbers in blobs Python itself loses signs of zero and what is not finite.
    if dtype.kind == "f" and made.size > 2:
        made.flat[:3] = [np.nan, -0.0, np.inf]
    return made


def subject(number: int) -> str:
    return SUBJECTS[number % len(SUBJECTS)]


def wrapped(number: int) -> np.ndarray:
    """The value of a blob, which for the first twenty numbers is packed a second time."""
    return array(number, (4 + number * 20,))


def told(value) -> str | None:
    """The notation of what was fetched."""
    if isinstance(value, zarr.Array):
        value = np.asarray(value[...])
    return None if value is None else notation.write(value)


class MigrateLab(Lab):
    """The operations."""

    def __init__(self, program: str, schema: str) -> None:
        super().__init__(program, schema)
        for name, definition in TABLES.items():
            self.declare(name, dj.Manual, definition)

    def fill(self, scans: int, crowd: int) -> dict:
        """Fills the tables. Gives the URLs of the database, and of users who may only read and not even that; which rows were
        damaged, by field; which values of ``shared`` another table has too; and what the values of the wrapped blobs are."""

        def scan(number: int) -> dict:
            row = {"subject": subject(number), "day": datetime.date(2024, 2, 1 + number % 28), "number": number}
            row |= {"movie": array(number, (3, 4, 5)), "note": array(number, (2, 3 + number % 300))}
            row |= {"shared": np.arange(number // 2, dtype="int16")}
            row["counts"] = np.random.default_rng(number).integers(0, 90, (3, 4, 5)).astype(("uint8", "int16")[number % 2])
            row["remote"] = array(number, (2, 3)) if number % 12 == 0 else None
            if number % 10 == 9:
                row |= dict.fromkeys(("movie", "note", "shared", "counts"))
            return row

        self.tables["Scan"].insert(map(scan, range(scans)))
        # Two of the values that pairs of rows share.
        others = [2, 7]
        self.tables["Copy"].insert({"number": number, "shared": np.arange(number, dtype="int16")} for number in others)
        self.tables["Wrapped"].insert({"number": number, "note": wrapped(number)} for number in range(30))
        for number in range(20):
            inner = blob.pack(wrapped(number), compress=number % 2 == 0)
            self.put("Wrapped", {"number": number}, "note", b"dj0\0" + inner)
        self.tables["Crowd"].insert(map(self.crowd, range(crowd)))
        self.tables["Large"].insert(
            {"number": number, "movie": np.random.default_rng(number).integers(0, 2**16, (2 + 38 * (number > 3), 40, 40))}
            for number in range(10)
        )
        told_of = {"url": url(), **self.users(), "damaged": self.damage(), "shared_elsewhere": others}
        return told_of | {"inner": [{"number": number, "value": told(wrapped(number))} for number in range(30)]}

    @staticmethod
    def crowd(number: int) -> dict:
        # DataJoint 2.3.5 does not find a row of PostgreSQL again whose key has a backslash.
        made = {"subject": subject(number).replace("\\", "|"), "number": number}
        return made | {"movie": array(number, (3, 4, 5)), "note": array(number, (2, 3 + number % 50))}

    def damage(self) -> dict:
        def of(number: int) -> dict:
            return {"subject": subject(number), "day": datetime.date(2024, 2, 1 + number % 28), "number": number}

        def record(field: str, number: int) -> dict:
            return self.stored("Scan", of(number), field)

        path = self.path(record("movie", 20)) / "zarr.json"
        path.write_bytes(path.read_bytes()[:60])
        shutil.rmtree(self.path(record("movie", 21)))
        self.put("Scan", of(22), "movie", record("movie", 22) | {"path": "../../etc"})
        path = self.path(record("movie", 23)) / "c/0/0/0"
        path.write_bytes(path.read_bytes()[:-3])
        self.put("Scan", of(24), "movie", record("movie", 24) | {"store": "attic"})
        self.put("Scan", of(25), "note", b"[1. 2. 3.]")
        self.put("Scan", of(26), "note", blob.pack(array(26, (50,)), compress=False)[:-2])
        path = self.path(record("counts", 27)) / "0.0.0"
        path.write_bytes(path.read_bytes()[:20])
        # Two rows have this one.
        self.path(record("shared", 30)).write_bytes(b"mYm\0 not what was written")
        return {"movie": [20, 21, 22, 23, 24], "note": [25, 26], "counts": [27], "shared": [30, 31], "remote": []}

    def fetch_all(self, table: str, field: str) -> dict:
        """Fetches one field of every row, as a user does. Gives ``rows``: number, and ``value`` (its notation or null) or ``error``."""
        numbers = [int(key["number"]) for key in self.tables[table]().keys()]
        rows = []
        for start in range(0, len(numbers), 16):
            rows += self.fetch_some(table, field, numbers[start : start + 16])
        return {"rows": rows}

    def fetch_some(self, table: str, field: str, numbers: list[int]) -> list[dict]:
        """The same of some rows: all at once, and one by one where one of them fails."""
        try:
            some = self.tables[table] & [{"number": number} for number in numbers]
            return [{"number": int(row["number"]), "value": told(row[field])} for row in some.proj(field).to_dicts()]
        except Exception as error:  # of one value among many
            if len(numbers) == 1:
                return [{"number": numbers[0], "error": f"{type(error).__name__}: {error}"}]
            return [row for number in numbers for row in self.fetch_some(table, field, [number])]

    def raw_all(self, table: str, field: str) -> dict:
        """What the column holds in every row, as the server says it, by SQL alone: text, bytes in base64, or null."""
        column = self.quoted(field)
        if self.tables[table]().heading[field].json:
            column = f"{column}::text" if self.postgresql else f"CAST({column} AS CHAR)"
        found = dj.conn().query(f"SELECT number, {column} FROM {self.full(table)}")

        def plain(held):
            return base64.b64encode(held).decode() if isinstance(held, bytes | memoryview) else held

        return {"rows": [{"number": number, "value": plain(held)} for number, held in found]}

    def open_counts(self, table: str, field: str) -> dict:
        """The movies that zarr-python alone finds at the paths of the records, where their format is 2: their counts, stabilised.
        Gives ``rows`` as `fetch_all`, and the format there."""
        rows = []
        for key in self.tables[table]().keys():
            number = {"number": int(key["number"])}
            record = self.stored(table, number, field)
            try:
                if record is None:
                    rows.append(number | {"value": None})
                    continue
                opened = zarr.open_array(self.path(record), mode="r")
                value = photon_codec.generalized_anscombe(opened[...])
                rows.append(number | {"value": told(value), "version": opened.attrs["codec_version"]})
            except Exception as error:  # of one value among many
                rows.append(number | {"error": f"{type(error).__name__}: {error}"})
        return {"rows": rows}

    def set_format(self, table: str, number: int, field: str, version: str) -> dict:
        """Has an array say that it is of this format."""
        path = self.path(self.stored(table, {"number": number}, field)) / "zarr.json"
        text = path.read_text()
        path.write_text(text.replace('"codec_version":"2.0"', f'"codec_version":"{version}"').replace(
            '"codec_version": "2.0"', f'"codec_version": "{version}"'))
        return {"changed": path.read_text() != text}

    def grant(self, user: str, privileges: str) -> dict:
        """Gives more rights in the schema to a user of `fill`."""
        where = f"ALL TABLES IN SCHEMA {self.name}" if self.postgresql else f"{self.name}.*"
        dj.conn().query(f"GRANT {privileges} ON {where} TO {user}_{self.name}")
        return {}

    def churn(self, seed: int, first: int, steps: int) -> dict:
        """Inserts rows into the crowd from a number on, updates and deletes them, one after the other. Gives the values of those
        that are there at the end, by number and field, and how many steps of each sort there were."""
        chance, table = random.Random(seed), self.tables["Crowd"]
        alive, steps_of, next_number = {}, {"insert": 0, "update": 0, "delete": 0}, first
        for _ in range(steps):
            kinds = ["insert"] * 3 + (["update"] * 3 + ["delete"] if len(alive) > 3 else [])
            kind = chance.choice(kinds)
            steps_of[kind] += 1
            if kind == "insert":
                row = self.crowd(next_number)
                table.insert1(row)
                alive[next_number] = row
                next_number += 1
                continue
            number = chance.choice(list(alive))
            key = {name: alive[number][name] for name in ("subject", "number")}
            if kind == "delete":
                (table & {"number": number}).delete_quick()
                del alive[number]
                continue
            field = chance.choice(["movie", "note"])
            alive[number][field] = array(chance.randrange(10**6), (2, 3, chance.randrange(1, 5)))
            table.update1({**key, field: alive[number][field]})
        values = [
            {"number": number, "movie": told(row["movie"]), "note": told(row["note"])} for number, row in alive.items()
        ]
        return {"rows": values, "steps": steps_of}

    def drop(self) -> dict:
        """Drops the schema."""
        self.schema.drop(prompt=False)
        self.close()
        return {}


OPERATIONS = ["fill", "fetch_all", "raw_all", "open_counts", "set_format", "grant", "churn", "drop"]

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    serve(MigrateLab(*sys.argv[1:]), OPERATIONS)
