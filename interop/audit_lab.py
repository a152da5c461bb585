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
import shutil
import sys
from pathlib import Path

from answers import say

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402
from datajoint import blob  # noqa: E402
from datajoint.hash_registry import get_store_backend  # noqa: E402

import lab_keys  # noqa: E402
import photon_codec  # noqa: E402, F401
import zarr_codec  # noqa: E402
from lab import Lab, url  # noqa: E402


class SpikeTrainCodec(zarr_codec.ZarrCodec):
    """A codec that the Rust side does not have; its values are Zarr arrays all the same."""

    name = "spike_train"


ROWS = 120
TRIALS = 2_400
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
    "Upload": """
        number : int32
        ---
        local=null : <object@local>
        cloud=null : <object@cloud>
    """,
    "Trial": """
        trial : int32
        ---
        spikes : <blob>
        shared=null : <blob@local>
        wave=null : <npy@shelf>
        movie=null : <zarr@local>
        counts=null : <photon@local>
    """,
}
TIERS = {"Stimulus": dj.Lookup, "Imaging": dj.Imported, "Trial": dj.Computed}
FIELDS = [line.split("=")[0].strip() for line in TABLES["Session"].splitlines() if "=null" in line]


class AuditLab(Lab):
    def __init__(self, program: str, schema: str) -> None:
        super().__init__(program, schema)
        self.planted: list[dict] = []

    def declare_all(self) -> None:
        for name, definition in TABLES.items():
            self.declare(name, TIERS.get(name, dj.Manual), definition)

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
            ({**self.session(number), "tile": tile, "packed": random.random(40)} for number in range(20) for tile in (1, 2)),
            allow_direct_insert=True,
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

    def fill_trials(self) -> None:
        """Thousands of rows, as Python writes them: of its arrays every format is an old one."""
        random = np.random.default_rng(6)

        def row(trial: int) -> dict:
            spikes = random.random(20 + trial % 200) if trial % 2 else [trial, {"kind": "x" * (trial % 90)}, None]
            made = {"trial": trial, "spikes": spikes}
            if trial % 8 == 1:
                made |= {"shared": np.full(9, trial // 16), "wave": random.integers(0, 9, (3, 4))}
                made |= {"movie": random.integers(0, 99, (4, 6, 6)).astype("int16")}
            if trial % 24 == 7:
                made |= {"counts": random.integers(0, 60, (3, 5, 5)).astype("uint16")}
            return dict.fromkeys(("shared", "wave", "movie", "counts")) | made

        self.tables["Trial"].insert(map(row, range(TRIALS)), allow_direct_insert=True)

    def fill_staged(self) -> None:
        """Folders that were written straight into a store have no manifest, and an empty one has nothing at all."""
        for number, field in ((1, "local"), (2, "cloud")):
            with self.tables["Upload"]().staged_insert1 as staged:
                staged.rec["number"] = number
                staged.store(field, ".zarr")["c/0"] = b"some bytes"
        with self.tables["Upload"]().staged_insert1 as staged:
            staged.rec["number"] = 3
            # A folder that is made, and nothing put into it.
            staged.store("local", "")
            (self.stores["local"] / staged._staged_objects["local"]["relative_path"]).mkdir(parents=True)
        empty = self.folder / "empty"
        empty.mkdir()
        self.tables["Upload"].insert1({"number": 4, "local": str(empty), "cloud": str(empty)})

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

    def fill_foreign(self) -> None:
        """A table that DataJoint did not make, without a primary key."""
        kind = "bytea" if self.postgresql else "longblob"
        foreign = f"{self.quoted(self.name)}.{self.quoted('import_log')}"
        dj.conn().query(f"CREATE TABLE {foreign} (line {kind})")
        dj.conn().query(f"INSERT INTO {foreign} VALUES (%s)", args=[b"[1. 2.]"])

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
        return value if isinstance(value, int | float) else str(value)

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
        held("movie", {"path": "a.zarr", "store": "local", "note": "x" * 2_000_000}, "wrong_value")
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

    def damage_trials(self) -> None:
        def held(trial: int, field: str, value, kind: str, level: str = "audit") -> None:
            key = {"trial": trial}
            self.put("Trial", key, field, value)
            self.plant(level, kind, "Trial", key, field)

        def changed(trial: int, field: str, change, level: str, kind: str = "damaged_object", inside: str = "") -> None:
            key = {"trial": trial}
            path = self.path(self.stored("Trial", key, field)) / inside
            data = change(path.read_bytes())
            path.write_bytes(data) if data is not None else path.unlink()
            self.plant(level, kind, "Trial", key, field)

        def record(trial: int, field: str) -> dict:
            return self.stored("Trial", {"trial": trial}, field)

        for trial in (0, 3, 999, 1000, TRIALS - 1):
            held(trial, "spikes", f"[{trial} 2 3]".encode(), "wrong_value")
        held(11, "spikes", b"dj9\0" + bytes(50), "wrong_value")
        held(12, "spikes", b"", "wrong_value")
        held(13, "spikes", blob.pack(np.arange(90), compress=False)[:-1], "wrong_value", "full")
        # Sixteen values of `shared` in a row are alike: two rows have this object.
        gone = self.path(record(17, "shared"))
        gone.unlink()
        for trial in (17, 25):
            self.plant("audit", "missing_object", "Trial", {"trial": trial}, "shared")
        for place, (trial, field) in enumerate([(33, "shared"), (41, "wave"), (49, "movie"), (55, "counts")]):
            outside = ("../../secret", "/etc/passwd", "a/../../../b", "..")[place]
            held(trial, field, record(trial, field) | {"path": outside}, "outside_store")
        changed(57, "wave", lambda data: data[:6] + b"\x09" + data[7:], "audit", "unknown_version")
        changed(65, "wave", lambda data: data[:40], "size")
        changed(73, "wave", lambda data: data[:-3], "size")
        changed(81, "movie", lambda data: data[:50], "audit", inside="zarr.json")
        changed(89, "movie", lambda data: data[:-4], "full", inside="c/0/0/0")
        changed(79, "counts", lambda data: data[:20], "full", inside="0.0.0")
        future = json.dumps({"codec_version": "7.1", "codec_name": "photon"}).encode()
        changed(103, "counts", lambda _: future, "audit", "unknown_version", ".zattrs")
        shutil.rmtree(self.path(record(127, "counts")))
        self.plant("audit", "missing_object", "Trial", {"trial": 127}, "counts")

    def damage_keys(self, chosen: list[tuple[str, int, str]]) -> None:
        for name, number, field in chosen:
            key = {"number": number}
            if field == "value":
                self.put(name, key, field, b"[1. 2. 3.]")
            else:
                self.path(self.stored(name, key, field)).unlink()
            kind = {"value": "wrong_value", "wave": "missing_object"}[field]
            self.plant("audit", kind, name, {"k": lab_keys.shown(self, name, number)}, field)

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
            names = [self.quoted(name) for name in instance.primary_key or ["_singleton"]]
            sql = f"SELECT {', '.join(names)} FROM {instance.full_table_name} ORDER BY {', '.join(names)}"
            told[instance.table_name] = [[str(value) for value in row] for row in dj.conn().query(sql)]
        return told


def main(program: str, schema: str) -> int:
    lab = AuditLab(program, schema)
    lab.declare_all()
    lab.fill()
    lab.fill_trials()
    lab.fill_staged()
    damaged = lab_keys.fill(lab)
    lab.fill_old()
    lab.fill_foreign()
    lab.fill_remote()
    lab.damage()
    lab.damage_trials()
    lab.damage_keys(damaged)
    told = {"url": url(), "counts": lab.counts(), "keys": lab.keys(), "planted": lab.planted}
    told |= lab.users()
    say(told)
    lab.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
