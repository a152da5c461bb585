"""A table for each type of primary key that DataJoint permits, each with values at the ends of what the type holds."""

from __future__ import annotations

import datetime
import decimal
import uuid

import datajoint as dj
import numpy as np
from datajoint import blob

from lab import Lab

TEXTS = [
    *("plain", "it's", 'say "hi"', "back\\slash \\n", "50%25 %s", "`tick` $1 ?", "Größe µm/日本 𝄞", "a/b:c|d", " leading", "-0.0"),
    *("{json: 1}", "tab\tand\nline"),
]
DAY, SECOND = datetime.timedelta(days=1), datetime.timedelta(seconds=1)
LEAP = datetime.datetime(2024, 2, 29, 23, 59, 59)
# The type by the class of its table, and the values. What only MySQL has is not made on PostgreSQL.
TYPES = {
    "KeyInt8": ("int8", [-128, -1, 0, 1, 127]),
    "KeyInt16": ("int16", [-(2**15), -7, 0, 300, 2**15 - 1]),
    "KeyInt32": ("int32", [-(2**31), -1, 0, 70_000, 2**31 - 1]),
    "KeyInt64": ("int64", [-(2**63), -(2**53) - 1, 0, 2**53 + 1, 2**63 - 1]),
    "KeyFloat32": ("float32", [np.float32(x) for x in (-2.5, 0.1, 1e-30, 3.0, 16777217.0)]),
    "KeyFloat64": ("float64", [-1e300, -0.1, 1e-17, 0.1 + 0.2, 1e22]),
    "KeyBool": ("bool", [False, True]),
    "KeyDecimal": ("decimal(12,4)", [decimal.Decimal(x) for x in ("-99999999.9999", "-0.0001", "0.0000", "1.5000", "7")]),
    "KeyChar": ("char(24)", TEXTS),
    "KeyVarchar": ("varchar(64)", [*TEXTS, "trailing  ", "x" * 64]),
    "KeyEnum": ("enum('z:last', 'a:first', 'it is', 'µ')", ["z:last", "a:first", "it is", "µ"]),
    "KeyDate": ("date", [datetime.date(999, 12, 31), datetime.date(1970, 1, 1), LEAP.date(), datetime.date(9999, 12, 31)]),
    "KeyDatetime": ("datetime", [LEAP + number * DAY for number in range(4)]),
    "KeyDatetime6": ("datetime(6)", [LEAP + number * SECOND / 1_000_000 for number in (0, 1, 10, 999_999)]),
    "KeyTimestamp": ("timestamp", [LEAP + number * SECOND for number in range(4)]),
    "KeyTime": ("time", [datetime.time(0, 0), datetime.time(1, 2, 3), datetime.time(23, 59, 59)]),
    "KeyUuid": ("uuid", [uuid.UUID(int=number * 7**40 % 2**128) for number in range(8)]),
}
ONLY_MYSQL = {
    "KeyUnsigned8": ("tinyint unsigned", [0, 1, 255]),
    "KeyMedium": ("mediumint", [-(2**23), 0, 2**23 - 1]),
    "KeyUnsigned32": ("int unsigned", [0, 1, 2**32 - 1]),
    "KeyUnsigned64": ("bigint unsigned", [0, 2**63, 2**64 - 1]),
    "KeyYear": ("year", [1901, 2024, 2155]),
}


def fill(lab: Lab) -> list[tuple[str, str]]:
    """Makes the tables. In each two rows are damaged; gives their class and which, with the key as reports show it."""
    damaged = []
    for name, (declared, values) in (TYPES | ({} if lab.postgresql else ONLY_MYSQL)).items():
        definition = f"k : {declared}\n---\nnumber : int32\nvalue=null : <blob>\nwave=null : <npy@local>\n"
        lab.declare(name, dj.Manual, definition)
        rows = [{"k": key, "number": number} for number, key in enumerate(values)]
        if name == "KeyUuid" and lab.postgresql:
            # DataJoint itself cannot insert these there.
            for row in rows:
                sql = f"INSERT INTO {lab.full(name)} (k, number, value) VALUES (%s, %s, %s)"
                dj.conn().query(sql, args=[str(row["k"]), row["number"], blob.pack(np.arange(row["number"]))])
            continue
        lab.tables[name]().insert(
            row | {"value": np.arange(row["number"]), "wave": np.arange(row["number"])} for row in rows
        )
        for number, field in ((len(rows) - 1, "value"), (len(rows) // 2, "wave")):
            damaged.append((name, number, field))
    # A table that declares no key: DataJoint gives it one, which it hides.
    lab.declare("KeyNone", dj.Manual, "---\nnumber : int32\nvalue=null : <blob>\nwave=null : <npy@local>\n")
    lab.tables["KeyNone"]().insert1({"number": 5, "value": np.arange(5), "wave": np.arange(5)})
    return damaged


def shown(lab: Lab, name: str, number: int):
    """The key of a row as reports show it: numbers and truth values as such, all else as the server's own text."""
    declared = (TYPES | ONLY_MYSQL)[name][0]
    key = (TYPES | ONLY_MYSQL)[name][1][number]
    if isinstance(key, np.float32):
        # MySQL compares floats as doubles; PostgreSQL says the shortest text that is this float.
        return float(str(key)) if lab.postgresql else float(key)
    if declared == "uuid":
        return str(key) if lab.postgresql else key.hex.upper()
    if isinstance(key, bool | int | float):
        return key
    text = f"{lab.quoted('k')}::text" if lab.postgresql else f"CAST({lab.quoted('k')} AS CHAR)"
    ((told,),) = dj.conn().query(f"SELECT {text} FROM {lab.full(name)} WHERE number = %s", args=[number])
    return told
