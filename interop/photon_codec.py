"""A codec named ``photon`` for Python DataJoint, which writes and reads what dj-photon-codecs 0.1.0 does: data format 1.0.

That package imports ``generalized_anscombe`` from a module that is in no release of anything, and writes with functions that zarr 3 no
longer has. Here the one is supplied, as its documentation gives it, and arrays of Zarr V2 are made by zarr 3's own function; records,
attributes, chunks, compressor, paths and refusals are the package's.
"""

from __future__ import annotations

import datajoint as dj
import numcodecs
import numpy as np
import zarr
from datajoint.builtin_codecs import SchemaCodec

VERSION = "1.0"


def generalized_anscombe(counts: np.ndarray) -> np.ndarray:
    """The transform for gain 1, offset 0 and no read noise, by NumPy's own rules for types."""
    return 2 * np.sqrt(counts + 3 / 8)


class PhotonCodec(SchemaCodec):
    """``<photon@store>``: movies of photon counts, stored as their stabilised values."""

    name = "photon"

    def validate(self, value) -> None:
        if not isinstance(value, np.ndarray):
            raise dj.DataJointError(f"<photon> requires numpy.ndarray, got {type(value).__name__}")
        if value.dtype == object or value.ndim < 3 or np.any(value < 0):
            raise dj.DataJointError("<photon> requires arrays of 3 dimensions or more, without negative values")

    def encode(self, value, *, key=None, context=None, store_name=None) -> dict:
        schema, table, field, primary_key = self._extract_context(key, context)
        config = self._codec_config(key, context)
        path, _ = self._build_path(
            schema, table, field, primary_key, ext=".zarr", store_name=store_name, config=config
        )
        stabilized = generalized_anscombe(value)
        array = zarr.create_array(
            store=self._get_backend(store_name, config=config).get_fsmap(path),
            shape=stabilized.shape,
            dtype=stabilized.dtype,
            # zarr 3 takes no chunks of length 0, which zarr 2 wrote as 1.
            chunks=tuple(max(length, 1) for length in (min(100, value.shape[0]), *value.shape[1:])),
            compressors=numcodecs.Blosc(cname="zstd", clevel=5, shuffle=numcodecs.Blosc.BITSHUFFLE),
            fill_value=0.0,
            zarr_format=2,
            attributes={
                "codec_version": VERSION,
                "codec_name": "photon",
                "anscombe_gain": 1.0,
                "anscombe_offset": 0.0,
                "anscombe_variance": 0.0,
                "original_dtype": str(value.dtype),
            },
        )
        array[...] = stabilized
        return {
            "path": path,
            "store": store_name,
            "codec_version": VERSION,
            "shape": list(value.shape),
            "dtype": str(stabilized.dtype),
            "transform": "anscombe",
        }

    def decode(self, stored, *, key=None, context=None) -> zarr.Array:
        backend = self._get_backend(stored.get("store"), config=self._codec_config(key, context))
        array = zarr.open(backend.get_fsmap(stored["path"]), mode="r")
        version = array.attrs.get("codec_version", stored.get("codec_version", VERSION))
        if not version.startswith("1."):
            raise dj.DataJointError(
                f"Unsupported photon codec version: {version}. Upgrade dj-photon-codecs or migrate data."
            )
        return array
