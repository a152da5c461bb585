#!/usr/bin/env python3
"""Fills a schema with every codec, old and new formats, and plants damage of each sort: what `audit` and `verify` must find.

    audit_lab.py PROGRAM SCHEMA         in a folder with a ``datajoint.json`` (``workspace.py`` makes it)

PROGRAM is ``dj-codec``, which writes what Python cannot. Prints one line of JSON: the database's URL, for each table its keys in
the order of the server, for each column how many values and NULLs it has, the URLs of a user who may only read and of one who may
not, and every fault that was planted, with the level from which on it must be found: ``audit`` (which `verify` finds too), else
``presence``, ``size`` or ``full``.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
os.environ.setdefault("DJ_LOG_LEVEL", "WARNING")

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402
from datajoint import blob  # noqa: E402
from datajoint.builtin_codecs import SchemaCodec  # noqa: E402
from datajoint.hash_registry import get_store_backend  # noqa: E402

import zarr_codec  # noqa: E402, F401


class SpikeTrainCodec(zarr_codec.ZarrCodec):
    """A codec that the Rust side does not have; its values are Zarr arrays all the same."""

    name = "spike_train"


class PhotonCodec(SchemaCodec):
    """Declares columns only: the Rust side writes the values."""

    name = "photon"

    def encode(self, value, *, key=None, context=None, store_name=None):
        raise NotImplementedError

    def decode(self, stored, *, key=None, context=None):
        raise NotImplementedError


ROWS = 120
TABLES = {
    "Session": """
        subject : varchar(32)
        day : date
        depth : decimal(6,3)
        gain : float64
        stamp : datetime(3)
        kind : enum('z:last', 'a:first', 'off')
        run : int64
        ---
        note=null : <blob>
        note_ext=null : <blob@local>
        trace=null : <npy@local>
        movie=null : <zarr@local>
        doc=null : <attach>
        doc_ext=null : <attach@shelf>
        files=null : <object@local>
        source=null : <filepath@local>
        digest=null : <hash@shelf>
        spikes=null : <spike_train@local>
        plain=null : bytes
    """,
    "Stimulus": """
        flag : bool
        level : float32
        code : char(4)
        ---
        pattern : <npy@shelf>
    """,
    "Imaging": """
        -> Session
        tile : int16
        ---
        frames=null : <zarr@local>
        counts=null : <photon@local>
        packed=null : <blob>
    """,
    "Remote": """
        number : int32
        ---
        value : <npy@cloud>
    """,
    "Tagged": """
        tag : uuid
        ---
        value : <blob>
    """,
}
FIELDS = [line.split("=")[0].strip() for line in TABLES["Session"].splitlines() if "=null" in line]
TIERS = {"Session": dj.Manual, "Stimulus": dj.Lookup, "Imaging": dj.Manual, "Remote": dj.Manual, "Tagged": dj.Manual}


class Lab:
    def __init__(self, program: str, schema: str) -> None:
        self.program, self.name = program, schema
        dj.config.safemode = False
        self.schema = dj.Schema(schema)
        self.postgresql = dj.config["database.backend"] == "postgresql"
        self.stores = {name: Path(dj.config.stores[name]["location"]) for name in ("local", "shelf")}
        self.tables: dict[str, dj.Table] = {}
        self.planted: list[dict] = []
        self.folder = Path(tempfile.mkdtemp())

    def declare(self) -> None:
        for name, definition in TABLES.items():
            if name == "Tagged" and self.postgresql:
                continue  # DataJoint itself cannot insert uuids there.
            made = type(name, (TIERS[name],), {"definition": definition})
            self.tables[name] = self.schema(made, context={**self.tables_classes()})
            self.tables[name] = made

    def tables_classes(self) -> dict:
        return dict(self.tables)

    # SQL alone, behind DataJoint's back.
    def full(self, table: str) -> str:
        return self.tables[table]().full_table_name

    def quoted(self, name: str) -> str:
        return f'"{name}"' if self.postgresql else f"`{name}`"

    def where(self, key: dict) -> tuple[str, list]:
        return " AND ".join(f"{self.quoted(name)}=%s" for name in key), list(key.values())

    def stored(self, table: str, key: dict, field: str):
        text, values = self.where(key)
        sql = f"SELECT {self.quoted(field)} FROM {self.full(table)} WHERE {text}"
        (held,) = dj.conn().query(sql, args=values).fetchone()
        return json.loads(held) if isinstance(held, str) else held

    def put(self, table: str, key: dict, field: str, held) -> None:
        text, values = self.where(key)
        if isinstance(held, dict | list | str):
            held = json.dumps(held)
        sql = f"UPDATE {self.full(table)} SET {self.quoted(field)}=%s WHERE {text}"
        dj.conn().query(sql, args=[held, *values])

    def encode(self, spec: str, table: str, key: dict, field: str, array: np.ndarray, *more: str) -> dict:
        file = self.folder / "array.npy"
        np.save(file, array)
        arguments = [self.program, "encode", spec, "--schema", self.name, "--field", field]
        arguments += ["--table", self.tables[table]().table_name, "--npy", str(file), *more]
        for name, value in key.items():
            arguments += [f"--key={name}={value}", f"--key-type={name}=str"]
        ran = subprocess.run(arguments, check=True, capture_output=True, text=True)
        return json.loads(ran.stdout)

    def session(self, number: int) -> dict:
        return {
            "subject": f"m{number % 5}/%",
            "day": datetime.date(2024, 2, 27) + datetime.timedelta(days=number % 4),
            "depth": decimal.Decimal(number % 3) + decimal.Decimal("0.125"),
            "gain": 0.1 * (number % 2),
            "stamp": datetime.datetime(2024, 2, 29, 1, 2, 3, 4000 * (number % 7)),
            "kind": ("z:last", "a:first", "off")[number % 3],
            "run": number - 3,
        }

    def fill(self) -> None:
        files = self.folder / "files"
        (files / "sub").mkdir(parents=True)
        (files / "a.txt").write_text("one")
        (files / "sub/b.bin").write_bytes(bytes(300))
        attached = self.folder / "note.txt"
        attached.write_text("attached " * 20)
        raw = self.stores["local"] / "raw"
        raw.mkdir(exist_ok=True)
        random = np.random.default_rng(5)
        rows = []
        for number in range(ROWS):
            (raw / f"{number}.dat").write_bytes(bytes([number]) * 50)
            if number % 10 == 9:
                rows.append(self.session(number) | dict.fromkeys(FIELDS))
                continue
            value = [{"a": number, "b": [1.5, "x"]}, random.random(200), np.arange(5), "text" * 400][number % 4]
            rows.append(
                self.session(number)
                | {
                    "note": value,
                    "note_ext": {"number": number // 2, "data": np.full(300, number // 2)},
                    "trace": random.integers(0, 99, (7, 5)),
                    "movie": random.random((6, 4, 4)),
                    "doc": str(attached),
                    "doc_ext": str(attached),
                    "files": str(files) if number % 2 else (".bin", bytes([number]) * 100),
                    "source": f"raw/{number}.dat",
                    "digest": bytes([number]) * 64,
                    "spikes": random.random(9),
                    "plain": b"[1. 2. 3.]",
                }
            )
        self.tables["Session"].insert(rows)
        stimuli = [
            {"flag": flag, "level": np.float32(level), "code": code, "pattern": random.random(3)}
            for flag in (False, True)
            for level in (0.1, -2.5, 1e-7)
            for code in ("ab", "b c", "Zq%?")
        ]
        self.tables["Stimulus"].insert(stimuli)
        self.tables["Imaging"].insert(
            {**self.session(number), "tile": tile, "packed": random.random(40)} for number in range(20) for tile in (1, 2)
        )
        for number in range(20):
            for tile in (1, 2):
                key = {**self.session(number), "tile": tile}
                array = random.integers(0, 500, (5, 8, 8)).astype("uint16")
                version = ("1.0", "2.0")[number % 2]
                chunks = ["--chunks", "2,8,8"]
                for spec, field, more in (("<zarr@local>", "frames", chunks), ("<photon@local>", "counts", [])):
                    record = self.encode(spec, "Imaging", key, field, array, "--format-version", version, *more)
                    self.put("Imaging", key, field, record)
        if not self.postgresql:
            self.tables["Tagged"].insert({"tag": uuid.UUID(int=number * 7**40 % 2**128), "value": number} for number in range(30))

    def fill_remote(self) -> None:
        """So many objects in one folder of the S3 store that it is listed rather than each asked for; one is gone."""
        self.tables["Remote"].insert({"number": number, "value": np.arange(number)} for number in range(220))
        key = {"number": 111}
        record = self.stored("Remote", key, "value")
        get_store_backend(record["store"]).remove(record["path"])
        self.plant("audit", "missing_object", "Remote", key, "value")

    def fill_old(self) -> None:
        """A table as DataJoint before 2.0 declared it, which was on MySQL alone."""
        if self.postgresql:
            return
        old = f"`{self.name}`.`_old_scan`"
        dj.conn().query(
            f"CREATE TABLE {old} (scan int unsigned NOT NULL, trace longblob NOT NULL COMMENT 'packed', "
            "notes longblob NULL COMMENT 'bytes of somebody else', movie binary(16) NULL COMMENT ':external-raw:', "
            "PRIMARY KEY (scan)) COMMENT 'scans of old'"
        )
        for scan in range(30):
            packed = blob.pack(np.arange(scan, dtype=float), compress=False)
            values = [scan, packed, b"\x00\x01\x02" * 5, bytes(16) if scan % 2 else None]
            dj.conn().query(f"INSERT INTO {old} VALUES (%s, %s, %s, %s)", args=values)
        dj.conn().query(f"UPDATE {old} SET trace = %s WHERE scan = 7", args=[b"array([1, 2])"])
        self.planted.append(
            {"level": "audit", "kind": "wrong_value", "table": "_old_scan", "field": "trace", "key": {"scan": 7}}
        )

    # Damage.
    def plant(self, level: str, kind: str, table: str, key: dict, field: str) -> None:
        shown = {name: self.shown(value) for name, value in key.items()}
        name = self.tables[table]().table_name
        self.planted.append({"level": level, "kind": kind, "table": name, "field": field, "key": shown})

    def shown(self, value):
        if isinstance(value, datetime.datetime):
            text = value.strftime("%Y-%m-%d %H:%M:%S")
            if self.postgresql:
                return text + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")
            return text + f".{value.microsecond // 1000:03}"
        return value if isinstance(value, int | float) and not isinstance(value, decimal.Decimal) else str(value)

    def path(self, record: dict) -> Path:
        return self.stores[record["store"]] / record["path"]

    def damage(self) -> None:
        numbers = (number for number in range(1, ROWS) if number % 10 not in (0, 9))

        def next_key() -> dict:
            return self.session(next(numbers))

        def object_of(field: str, key: dict, table: str = "Session") -> Path:
            return self.path(self.stored(table, key, field))

        def gone(field: str) -> None:
            key = next_key()
            path = object_of(field, key)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            self.plant("audit", "missing_object", "Session", key, field)

        def held(field: str, value, kind: str, level: str = "audit") -> None:
            key = next_key()
            self.put("Session", key, field, value(key) if callable(value) else value)
            self.plant(level, kind, "Session", key, field)

        def changed(field: str, change, level: str, kind: str = "damaged_object", key=None, table="Session", inside="") -> None:
            key = key or next_key()
            path = object_of(field, key, table) / inside if inside else object_of(field, key, table)
            data = change(bytearray(path.read_bytes()))
            path.write_bytes(data) if data is not None else path.unlink()
            self.plant(level, kind, table, key, field)

        def flipped(data: bytearray) -> bytes:
            data[-9] ^= 0x10
            return bytes(data)

        for field in ("trace", "movie", "files", "source", "spikes"):
            gone(field)
        # Text where a blob should be; a blob in another; bytes that nothing begins with; a blob cut off.
        held("note", b"[1. 2. 3. 4.]", "wrong_value")
        held("note", b"dj0\0" + blob.pack(np.arange(9), compress=False), "wrong_value")
        held("note", bytes(range(1, 40)), "wrong_value")
        held("note", lambda key: blob.pack("text" * 4000)[:20], "wrong_value")
        held("note", lambda key: blob.pack(np.random.default_rng(1).random(400))[:-40], "wrong_value", "full")
        held("note", lambda key: blob.pack(np.arange(50), compress=False)[:-3], "wrong_value", "full")
        held("doc", b"no name and no end", "wrong_value", "full")
        # Records of another shape; outside of the store; of a store that nobody has.
        held("trace", {"size": 5}, "wrong_value")
        held("trace", [1, 2], "wrong_value")
        held("movie", "not a record", "wrong_value")
        held("trace", {"path": "../../../etc/passwd", "store": "local", "dtype": "int64", "shape": [7, 5]}, "outside_store")
        held("files", {"path": "/etc/passwd", "store": "local", "size": 1, "ext": None, "is_dir": False}, "outside_store")
        held("movie", lambda key: self.stored("Session", key, "movie") | {"store": "attic"}, "unknown_store")
        # What a record of npy says is no Zarr array.
        held("movie", lambda key: self.stored("Session", key, "trace"), "damaged_object")
        # Objects: cut off, with a byte flipped, of another size.
        changed("trace", lambda data: bytes(data[:-5]), "size")
        changed("trace", lambda data: b"NOPE" + bytes(data[4:]), "audit")
        # Two rows have this one.
        pair = [self.session(24), self.session(25)]
        changed("note_ext", lambda data: bytes(data[:-1]), "audit", key=pair[0])
        self.plant("audit", "damaged_object", "Session", pair[1], "note_ext")
        changed("digest", flipped, "full")
        changed("digest", lambda data: bytes(data[:-1]), "size")
        changed("source", lambda data: bytes(data[:-1]), "size")
        odd = self.session(11)
        changed("files", lambda data: bytes(data) + b"!", "size", key=odd, inside="a.txt")
        odd = self.session(13)
        changed("files", lambda data: None, "size", key=odd, inside="sub/b.bin")
        # Zarr with an inventory: a chunk gone, a byte flipped, a version of the future.
        at = lambda number: {**self.session(number), "tile": 1}  # noqa: E731
        changed("frames", lambda data: None, "presence", key=at(1), table="Imaging", inside="c/1/0/0")
        changed("frames", flipped, "full", key=at(3), table="Imaging", inside="c/0/0/0")

        def of_the_future(data: bytearray) -> bytes:
            metadata = json.loads(data)
            metadata["attributes"]["codec_version"] = "9.0"
            return json.dumps(metadata).encode()

        changed("frames", of_the_future, "audit", "unknown_version", at(5), "Imaging", "zarr.json")
        changed("counts", of_the_future, "audit", "unknown_version", at(7), "Imaging", "zarr.json")

    def counts(self) -> dict:
        told = {}
        if not self.postgresql:
            every, half = {"values": 30, "nulls": 0}, {"values": 15, "nulls": 15}
            told["_old_scan"] = {"trace": every, "notes": every, "movie": half}
        for table in self.tables.values():
            instance = table()
            columns = {}
            for name in instance.heading.secondary_attributes:
                field = self.quoted(name)
                sql = f"SELECT COUNT(*), COUNT({field}) FROM {instance.full_table_name}"
                total, values = dj.conn().query(sql).fetchone()
                columns[name] = {"values": values, "nulls": total - values}
            told[instance.table_name] = columns
        return told

    def keys(self) -> dict:
        told = {} if self.postgresql else {"_old_scan": [[str(scan)] for scan in range(30)]}
        for table in self.tables.values():
            instance = table()
            names = [self.quoted(name) for name in instance.primary_key]
            sql = f"SELECT {', '.join(names)} FROM {instance.full_table_name} ORDER BY {', '.join(names)}"
            told[instance.table_name] = [[str(value) for value in row] for row in dj.conn().query(sql)]
        return told


    def users(self) -> dict:
        """Makes a user who may only read the schema, and one who may not even that; gives their URLs."""
        told = {}
        for name in ("reader", "stranger"):
            user = f"{name}_{self.name}"
            if self.postgresql:
                dj.conn().query(f"DROP ROLE IF EXISTS {user}")
                dj.conn().query(f"CREATE ROLE {user} LOGIN PASSWORD 'only {name}'")
            else:
                dj.conn().query(f"DROP USER IF EXISTS {user}")
                dj.conn().query(f"CREATE USER {user} IDENTIFIED BY 'only {name}'")
            told[name] = url(user, f"only%20{name}")
        if self.postgresql:
            dj.conn().query(f"GRANT USAGE ON SCHEMA {self.name} TO reader_{self.name}")
            dj.conn().query(f"GRANT SELECT ON ALL TABLES IN SCHEMA {self.name} TO reader_{self.name}")
        else:
            dj.conn().query(f"GRANT SELECT ON {self.name}.* TO reader_{self.name}")
        return told


def url(user: str = "", password: str = "") -> str:
    database = dj.config["database.name"] if dj.config["database.backend"] == "postgresql" else ""
    scheme = "postgres" if dj.config["database.backend"] == "postgresql" else "mysql"
    if not user:
        user, password = dj.config["database.user"], dj.config["database.password"]
        password = getattr(password, "get_secret_value", lambda: password)()
    return f"{scheme}://{user}:{password}@{dj.config['database.host']}:{dj.config['database.port']}/{database or ''}"


def main(program: str, schema: str) -> int:
    lab = Lab(program, schema)
    lab.declare()
    lab.fill()
    lab.fill_old()
    lab.fill_remote()
    lab.damage()
    told = {"url": url(), "counts": lab.counts(), "keys": lab.keys(), "planted": lab.planted}
    told |= lab.users()
    print(json.dumps(told), file=ANSWERS)
    shutil.rmtree(lab.folder)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
