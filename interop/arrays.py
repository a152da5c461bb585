"""The arrays that both sides exchange: every type that a store can hold, and every shape that has been trouble."""

from __future__ import annotations

from typing import Iterator

import numpy as np

# One array of two dimensions for each of these.
NUMBERS = ["?", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]
SWAPPED = [">i2", ">i4", ">i8", ">u2", ">u4", ">u8", ">f2", ">f4", ">f8", ">c8", ">c16"]
TIMES = ["<M8[D]", "<M8[s]", "<M8[us]", "<M8[ns]", "<m8[D]", "<m8[s]", "<m8[ns]", ">M8[ms]"]


def _numbers(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers that differ from one to the next and use all bytes of their type."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    if kind.kind == "b":
        return (np.arange(count) % 3 == 0).reshape(shape)
    if kind.kind in "iu":
        limits = np.iinfo(kind.newbyteorder("="))
        step = max((int(limits.max) - int(limits.min)) // max(count - 1, 1), 1)
        values = [int(limits.min) + index * step for index in range(count)]
        return np.array([min(value, int(limits.max)) for value in values], dtype=kind).reshape(shape)
    if kind.kind == "c":
        part = np.linspace(-1000, 1000, count)
        return (part + 1j * part[::-1] / 3).astype(kind).reshape(shape)
    return (np.linspace(-1000, 1000, count) / 3).astype(kind).reshape(shape)


def _name(dtype: str) -> str:
    kind = np.dtype(dtype)
    order = "-big-endian" if dtype.startswith(">") else ""
    unit = f"-{np.datetime_data(kind)[0]}" if kind.kind in "mM" else ""
    return f"{kind.newbyteorder('=').name.split('[')[0]}{unit}{order}"


def cases() -> Iterator[tuple[str, np.ndarray]]:
    """Each array with its name; the same in every run."""
    for dtype in NUMBERS + SWAPPED:
        yield _name(dtype), _numbers(dtype, (5, 7))
    for dtype in TIMES:
        values = np.array([0, 1, -1, 12345, np.iinfo("i8").min], dtype="i8")  # the last is NaT
        yield _name(dtype), values.astype(dtype[0] + "i8").view(dtype)
    yield "unicode", np.array([["alpha", "β"], ["", "日本 𝄞"]])
    yield "unicode-big-endian", np.array(["a", "bc", "déf"]).astype(">U3")
    yield "bytes", np.array([b"spike", b"", b"a\0b", b"1234567"], dtype="S7")
    yield "void", np.array([b"abc", b"\0\xff\0"], dtype="V3")
    yield (
        "structured",
        np.array([(1, 2.5, b"on"), (-7, np.inf, b"")], dtype=[("unit", "<i4"), ("rate", "<f8"), ("state", "S3")]),
    )

    yield "scalar-float64", np.array(2.5)
    yield "scalar-int16", np.array(-3, dtype="<i2")
    yield "scalar-unicode", np.array("name")
    yield "empty", np.empty((0,), dtype="<f8")
    yield "empty-rows", np.empty((0, 3), dtype="<u2")
    yield "empty-inside", np.empty((2, 0, 3), dtype="<i4")
    yield "one-element", np.array([[[[42]]]], dtype="<u1")
    yield "eight-dimensions", _numbers("<i4", (2, 1, 3, 1, 2, 1, 2, 2))
    yield "fortran", np.asfortranarray(_numbers("<f4", (6, 4)))
    yield "fortran-3d", np.asfortranarray(_numbers("<i2", (3, 4, 5)))
    yield "fortran-big-endian", np.asfortranarray(_numbers(">f8", (3, 4)))
    yield "strided", _numbers("<i4", (9, 8))[::2, 1::3]

    bits = np.array([0x7FF8000000000001, 0xFFF8DEADBEEF0001, 0x7FF0000000000000, 0xFFF0000000000000, 1 << 63, 1], "<u8")
    yield "special-float64", bits.view("<f8")
    bits = np.array([0x7FC00001, 0xFFC0BEEF, 0x7F800000, 0xFF800000, 1 << 31, 1], "<u4")
    yield "special-float32", bits.view("<f4")
    yield "special-complex128", np.array([complex(np.nan, -0.0), complex(-np.inf, np.inf), complex(-0.0, np.nan)])

    yield "zeros", np.zeros((300, 40), dtype="<i4")
    yield "ones", np.ones((257,), dtype="<u1")
    holes = np.zeros((64, 128, 128), dtype="<u2")
    holes[40] = _numbers("<u2", (128, 128))
    yield "mostly-zeros", holes
    # 8 MB: several chunks for every writer.
    frame = np.arange(160 * 160, dtype="<u4").reshape(160, 160)
    movie = (frame[None] * 7 + np.arange(163, dtype="<u4")[:, None, None] * 911) % 65521
    yield "movie", movie.astype("<u2")
    yield "long", (np.arange(1_000_003) * 0.001).astype("<f8")
    yield "wide", _numbers("<f4", (3, 100_003))
