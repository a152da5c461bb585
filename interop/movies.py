"""The movies of photon counts that both sides exchange: every type of counts, and every shape that has been trouble."""

from __future__ import annotations

from typing import Iterator

import numpy as np

INTEGERS = ["|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", ">u2", ">i4"]
FLOATS = ["<f4", "<f8", ">f4", "<f2"]
# Larger counts have a double-precision transform that another count has too.
LARGEST_EXACT = 2**50


def _counts(dtype: str, shape: tuple[int, ...], largest: int | None = None) -> np.ndarray:
    """Few photons, none, and at the end the largest count of the type that can be told from its transform."""
    kind = np.dtype(dtype)
    movie = np.random.default_rng(sum(map(ord, dtype))).poisson(4, shape)
    if kind.kind == "f":
        movie = movie / 3
    movie = movie.astype(kind)
    if movie.size and kind.kind in "iu":
        limit = int(np.iinfo(kind).max)
        movie.reshape(-1)[-1] = min(limit, LARGEST_EXACT) if largest is None else largest
    return movie


def _name(dtype: str) -> str:
    kind = np.dtype(dtype)
    return f"{kind.newbyteorder('=').name}{'-big-endian' if dtype.startswith('>') else ''}"


def _camera() -> np.ndarray:
    """What a camera sees of bright and dim cells: 12.5 units a photon over a level of 100, and some read noise."""
    random = np.random.default_rng(7)
    height, width = np.mgrid[0:48, 0:64]
    cells = 2 + 60 * np.exp(-((height - 14) ** 2 + (width - 40) ** 2) / 60) + 20 * (np.hypot(height - 32, width - 18) < 6)
    movie = 100 + 12.5 * random.poisson(cells, (230, *cells.shape)) + random.normal(0, 5, (230, *cells.shape))
    return np.round(movie).clip(0, None).astype("<u2")


def cases() -> Iterator[tuple[str, np.ndarray]]:
    """Each movie with its name; the same in every run."""
    for dtype in INTEGERS + FLOATS:
        yield _name(dtype), _counts(dtype, (21, 11, 13))
    yield "bool", np.random.default_rng(1).poisson(0.5, (9, 6, 5)) > 0
    yield "largest-uint64", _counts("<u8", (3, 4, 5), largest=2**64 - 1)
    yield "largest-int64", _counts("<i8", (3, 4, 5), largest=2**63 - 1)
    yield "4-d", _counts("<u2", (23, 3, 7, 5))
    yield "5-d", _counts("|u1", (6, 2, 3, 4, 5))
    yield "one-frame", _counts("<i2", (1, 9, 8))
    yield "one-pixel", _counts("<u4", (150, 1, 1))
    yield "no-frames", _counts("<u2", (0, 6, 5))
    yield "no-pixels", _counts("|u1", (4, 0, 3))
    yield "no-photons", np.zeros((5, 4, 3), dtype="<u2")
    yield "fortran", np.asfortranarray(_counts("<u2", (14, 8, 9)))
    yield "camera", _camera()
