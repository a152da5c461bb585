"""The values of ``<blob>`` that both sides exchange, made by hand: each type that Python packs, and what has been trouble.

Generated ones are the crates' part. ``arrays.py`` has what goes into ``<npy@>`` and ``<zarr@>``.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import uuid
from typing import Iterator

import numpy as np
from datajoint.blob import MatCell, MatStruct

Point = collections.namedtuple("Point", ["x", "y"])


class Rate(enum.IntEnum):
    """An int that prints as a name."""

    FAST = 7


def _objects(*items) -> np.ndarray:
    array = np.empty(len(items), object)
    for at, item in enumerate(items):
        array[at] = item
    return array


def _struct(shape: tuple, **fields) -> np.ndarray:
    rows = list(zip(*fields.values(), strict=True))
    return np.array(rows, dtype=[(name, object) for name in fields]).reshape(shape).view(MatStruct)


def _nested(depth: int):
    value: object = "bottom"
    for level in range(depth):
        value = [value, level] if level % 2 else {"in": value}
    return value


NUMBERS = ["?", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", "<f4", "<f8", "<c8", "<c16"]
UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]


def cases() -> Iterator[tuple[str, object]]:
    """Each value with its name; the same in every run."""
    for value in (True, False, 0, -1, 127, -128, 128, 2**31, -(2**63), 2**63, 2**53, 10**400, -(10**99)):
        yield f"{type(value).__name__} {value}"[:40], value
    for value in (0.0, -0.0, 1.0, 0.1, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")):
        yield f"float {value}", value
    yield "complex", complex(1.5, -2.0)
    yield "complex, special", complex(float("-inf"), float("nan"))
    yield "an int of an enum", Rate.FAST

    yield "str, empty", ""
    yield "str", "été µm 日本 𝄞 \0 \\ ' \" %s"
    yield "str, long", "a long text " * 200
    yield "bytes, empty", b""
    yield "bytes", bytes(range(256))
    yield "bytes, long", bytes(5000)
    yield "bytearray", bytearray(b"abc")

    yield "UUID", uuid.UUID("8d6e7a3c-0f43-4c1e-9b8a-2f0c4d5e6f70")
    for text in ("1.50", "-0", "1E+30", "0.1E-20", "NaN", "-Infinity", "123456789012345678901234567890.123456789"):
        yield f"Decimal {text}", decimal.Decimal(text)
    yield "date", datetime.date(2024, 2, 29)
    yield "date, first", datetime.date(1, 1, 1)
    yield "time", datetime.time(23, 59, 59, 999999)
    yield "midnight", datetime.time(0)
    yield "datetime", datetime.datetime(2024, 1, 31, 23, 59, 59, 1)
    yield "datetime, midnight", datetime.datetime(9999, 12, 31)

    yield "list", [1, 1.0, True, None, "1", b"1", [], ()]
    yield "tuple", (1, (2, (3, ())), [4])
    yield "named tuple", Point(1, 2.5)
    yield "range", range(4)
    yield "deque", collections.deque([1, 2])
    yield "set", {1, "a", (2, "b"), None, datetime.date(2024, 1, 1)}
    yield "frozenset", frozenset([1, 2])
    yield "set, empty", set()
    yield "dict, empty", {}
    yield "dict in its order", {"z": 1, "a": 2, "m": {"y": [1], "b": None}}
    yield "dict with odd keys", {1: "int", 2.5: "float", None: "none", (1, "t"): "tuple", b"b": "bytes", "$int": "7", "": 0}
    yield "dict with date keys", {datetime.date(2024, 1, 1): 1, uuid.UUID(int=5): 2, decimal.Decimal("0.3"): 3, True: 4}
    yield "ordered dict", collections.OrderedDict(b=1, a=2)
    yield "nested 40 deep", _nested(40)
    yield "a list of 3000 ints", list(range(3000))

    for dtype in NUMBERS:
        array = (np.arange(24) % 7).astype(dtype).reshape(2, 3, 4)
        yield f"array {array.dtype}", array
        yield f"scalar {array.dtype}", array[1, 2, 3]
    for unit in UNITS:
        yield f"datetime64[{unit}]", np.array([0, 1, -1, 12345, np.iinfo("i8").min], "i8").view(f"<M8[{unit}]")
    yield "datetime64 scalar", np.datetime64("2024-01-31T23:59:59", "s")
    yield "array, 0-d", np.array(2.5)
    yield "array, Fortran", np.asfortranarray(np.arange(12, dtype="<i2").reshape(3, 4))
    yield "array, strided", np.arange(20, dtype="<f4")[::3]
    yield "array, empty", np.empty((0,))
    yield "array, empty inside", np.empty((2, 0, 3), "<u2")
    yield "array, one element", np.array([[[5]]], "<i4")
    yield "array, special floats", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    yield "array, 1 MB", (np.arange(500_000) % 1000).astype("<u2").reshape(500, 1000)
    yield "array of objects", _objects(1, "two", None, {"three": 3}, decimal.Decimal("4.0"))
    yield "array of str", np.array([["alpha", "β"], ["", "日本 𝄞"]])
    yield "array of str, 0-d", np.array("name")
    yield "record array", np.array([(1, 2.5, True), (-7, np.inf, False)], [("unit", "<i4"), ("µ rate", "<f8"), ("on", "?")])
    yield "record array, 0-d", np.array((1, 2.5), [("a", "<i2"), ("b", "<f4")])
    yield "record array, nested", np.array([((1, 2), 3.0)], [("p", [("x", "<i4"), ("y", "<u1")]), ("q", "<f8")])
    yield "record array as recarray", np.rec.array([(1, 2.0)], [("a", "<i8"), ("b", "<f8")])
    yield "cell array", _objects(1.5, "two", np.arange(3.0), None).reshape(2, 2).view(MatCell)
    yield "cell array, ragged", _objects(np.zeros((1, 3)), np.zeros((2, 2)), np.zeros((0, 0))).reshape(1, 3).view(MatCell)
    yield "struct array", _struct((1, 2), name=["a", "b"], data=[np.eye(2), np.arange(3)])
    yield "everything", {
        "meta": {"subject": "m1", "born": datetime.date(2023, 5, 1), "weight": decimal.Decimal("21.5")},
        "trials": [{"n": n, "ok": n % 2 == 0, "trace": np.arange(n, dtype="<f4")} for n in range(5)],
        "ids": {uuid.UUID(int=n): (n, [n]) for n in range(3)},
    }
