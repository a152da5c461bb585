"""Arrays with the Zarr codec ``anscombe-v1`` of PyPI's anscombe-transform: ``peer.py`` writes them for its caller."""

from __future__ import annotations

import anscombe_transform
import numcodecs
import numpy as np
import zarr

V2, V3 = anscombe_transform.AnscombeTransformV2, anscombe_transform.AnscombeTransformV3


def write(store, samples: np.ndarray, zarr_format: int, configuration: dict, chunks: list, shards: list | None) -> None:
    """Writes samples as zarr-python does for a user of the package; Zarr V2 with Blosc, V3 with zstd."""
    if zarr_format == 2:
        kind = {"filters": [V2(**configuration)], "compressors": numcodecs.Blosc(cname="zstd", clevel=5)}
    else:
        kind = {"filters": [V3(**configuration)], "shards": shards and tuple(shards)}
    array = zarr.create_array(
        store=store,
        shape=samples.shape,
        dtype=samples.dtype,
        chunks=tuple(chunks),
        fill_value=0,
        zarr_format=zarr_format,
        **kind,
    )
    array[...] = samples


def noise(movie: np.ndarray) -> dict:
    """The gain and zero level that the package estimates."""
    estimated = anscombe_transform.estimate.compute_conversion_gain(movie)
    return {"conversion_gain": float(estimated["conversion_gain"]), "zero_level": float(estimated["zero_level"])}
