"""Pictures that were made of movies: a reader of PNG, by its specification alone, and what they must show."""

from __future__ import annotations

import struct
import zlib

import numpy as np


def differs(png: bytes, movie: np.ndarray, projection: str) -> str | None:
    """Why a PNG does not show a projection (``mean``, ``max``, or the index of a frame) of a movie: its size, black and white, each
    pixel the brighter the greater the value."""
    shown = {"mean": movie.mean(axis=0, dtype="f8"), "max": movie.max(axis=0)}.get(projection)
    shown = movie[int(projection)] if shown is None else shown
    seen = grey(png)
    if seen.shape != shown.shape:
        return f"the picture is {seen.shape}, the frame {shown.shape}"
    falling = np.flatnonzero(np.diff(seen.ravel()[np.argsort(shown, axis=None, kind="stable")].astype(int)) < 0)
    if falling.size or seen.min() != 0 or seen.max() != 255:
        return f"{falling.size} pixels are out of order, they go from {seen.min()} to {seen.max()}"
    return None


def grey(png: bytes) -> np.ndarray:
    """The pixels of a PNG of one byte a pixel."""
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("this is no PNG")
    at, data, header = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack_from(">I", png, at + 8 + length)[0]:
            raise ValueError(f"the checksum of {kind} is wrong")
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        data += body if kind == b"IDAT" else b""
        at += length + 12
    width, height, *form = header
    if form != [8, 0, 0, 0, 0]:
        raise ValueError(f"depth, colour, compression, filter, interlacing are {form}")
    lines = np.frombuffer(zlib.decompress(data), "u1").reshape(height, width + 1)
    picture = np.zeros((height + 1, width + 1), "i4")  # with a border of 0 above and to the left
    for row, line in enumerate(lines, 1):
        for column, value in enumerate(line[1:].tolist(), 1):
            left, up, corner = picture[row, column - 1], picture[row - 1, column], picture[row - 1, column - 1]
            nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
            picture[row, column] = (value + (0, left, up, (left + up) // 2, nearest)[line[0]]) % 256
    return picture[1:, 1:].astype("u1")
