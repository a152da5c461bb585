"""Times one operation of one Python library on a movie; movie.py starts it.

    peer.py PEER OPERATION MOVIE.npy ARRAY CHUNK_FRAMES COMPRESSOR REPEATS

Prints a JSON list of seconds. The first, unmeasured, run warms up.
"""

import json
import os
import shutil
import sys
import time

import numpy as np

FRAME, CORNER = 537, 200  # as in examples/movie.rs
REGIONS = {
    "read": np.s_[:, :, :],
    "frame": np.s_[FRAME : FRAME + 1],
    "column": np.s_[:, CORNER : CORNER + 64, CORNER : CORNER + 64],
}


def zarr3(pipeline):
    import zarr
    from zarr.codecs import BloscCodec, ZstdCodec

    if pipeline:
        import zarrs  # noqa: F401  registers the pipeline

        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    codecs = {
        "blosc": lambda: BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle", typesize=2),
        "blosc-same-effort": lambda: BloscCodec(cname="zstd", clevel=2, shuffle="bitshuffle", typesize=2),
        "zstd0": lambda: ZstdCodec(level=0),
        "none": lambda: None,
    }

    def write(movie, path, chunk, compressor):
        array = zarr.create_array(
            path,
            shape=movie.shape,
            chunks=chunk,
            dtype=movie.dtype,
            compressors=codecs[compressor](),
            zarr_format=3,
            fill_value=0,
        )
        array[...] = movie

    def open_(path):
        array = zarr.open_array(path, mode="r")
        return lambda region: array[region]

    return write, open_


def zarr2():
    import numcodecs
    import zarr

    codecs = {
        "blosc": lambda: numcodecs.Blosc("zstd", 5, numcodecs.Blosc.BITSHUFFLE),
        "blosc-same-effort": lambda: numcodecs.Blosc("zstd", 2, numcodecs.Blosc.BITSHUFFLE),
        "zstd0": lambda: numcodecs.Zstd(0),
        "none": lambda: None,
    }

    def write(movie, path, chunk, compressor):
        array = zarr.open(
            path, mode="w", shape=movie.shape, chunks=chunk, dtype=movie.dtype, compressor=codecs[compressor]()
        )
        array[...] = movie

    def open_(path):
        array = zarr.open(path, mode="r")
        return lambda region: array[region]

    return write, open_


def tensorstore():
    import tensorstore as ts

    def blosc(level):
        configuration = {"cname": "zstd", "clevel": level, "shuffle": "bitshuffle", "typesize": 2, "blocksize": 0}
        return [{"name": "blosc", "configuration": configuration}]

    codecs = {
        "blosc": blosc(5),
        "blosc-same-effort": blosc(2),
        "zstd0": [{"name": "zstd", "configuration": {"level": 0, "checksum": False}}],
        "none": [],
    }

    def write(movie, path, chunk, compressor):
        array = ts.open(
            {
                "driver": "zarr3",
                # No fsync, as the others.
                "kvstore": {"driver": "file", "path": path, "file_io_sync": False},
                "metadata": {
                    "shape": list(movie.shape),
                    "data_type": str(movie.dtype),
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
                    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}] + codecs[compressor],
                },
            },
            create=True,
        ).result()
        array.write(movie).result()

    def open_(path):
        array = ts.open(
            {"driver": "zarr3", "kvstore": {"driver": "file", "path": path}, "recheck_cached_data": False}, open=True
        ).result()
        return lambda region: array[region].read().result()

    return write, open_


def main():
    peer, operation, npy, path, frames, compressor, repeats = sys.argv[1:]
    write, open_ = {
        "zarr": lambda: zarr3(False),
        "zarr+zarrs": lambda: zarr3(True),
        "tensorstore": tensorstore,
        "zarr2": zarr2,
    }[peer]()
    seconds = []
    if operation == "write":
        movie = np.load(npy)
        for _ in range(int(repeats) + 1):
            shutil.rmtree(path, ignore_errors=True)
            begun = time.perf_counter()
            write(movie, path, (int(frames), *movie.shape[1:]), compressor)
            seconds.append(time.perf_counter() - begun)
    elif operation == "make":
        if not os.path.exists(path):
            movie = np.load(npy)
            write(movie, path, (int(frames), *movie.shape[1:]), compressor)
        seconds.append(0)
    else:
        read = open_(path)
        for _ in range(int(repeats) + 1):
            begun = time.perf_counter()
            data = read(REGIONS[operation])
            seconds.append(time.perf_counter() - begun)
            del data
    print(json.dumps(seconds[1:]))


main()
