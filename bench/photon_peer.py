"""Times one operation of a Python peer on a movie; photon.py starts it.

    photon_peer.py photon   encode|counts|stabilized MOVIE.npy ARRAY REPEATS
    photon_peer.py anscombe encode|counts MOVIE.npy ARRAY REPEATS GAIN

`photon` is what dj-photon-codecs 0.1.0 does, with zarr 2.18; `anscombe` is anscombe-transform's filter in zarr 3. Prints a JSON
list of seconds. The first, unmeasured, run warms up.
"""

import json
import shutil
import sys
import time

import numpy as np

who, what, movie, path, repeats = sys.argv[1:6]


def photon():
    import numcodecs
    import zarr

    recorded = np.load(movie) if what == "encode" else None

    def encode():
        stabilized = 2 * np.sqrt(recorded + 3 / 8)
        chunks = (min(100, recorded.shape[0]),) + recorded.shape[1:]
        compressor = numcodecs.Blosc("zstd", 5, numcodecs.Blosc.BITSHUFFLE)
        zarr.save_array(zarr.DirectoryStore(path), stabilized, chunks=chunks, compressor=compressor)

    def stabilized():
        return zarr.open(path, mode="r")[:]

    def counts():
        values = stabilized()
        return np.rint((values / 2) ** 2 - 3 / 8).astype(np.uint16)

    return {"encode": encode, "counts": counts, "stabilized": stabilized}


def anscombe():
    import zarr
    from anscombe_transform import AnscombeTransformV3
    from zarr.codecs import BloscCodec

    counts = np.load(movie) if what == "encode" else None

    gain = float(sys.argv[6])
    # Codes of values up to 32767 that eight bits do not hold would wrap around.
    wide = 4 * ((32767 / gain + 0.375) ** 0.5 - 0.375**0.5) > 255
    encoded = "uint16" if wide else "uint8"
    code = AnscombeTransformV3(zero_level=0, conversion_gain=gain, encoded_dtype=encoded, decoded_dtype="uint16")

    def encode():
        array = zarr.create_array(
            path,
            shape=counts.shape,
            # The chunks that dj-photon-codecs chooses.
            chunks=(8,) + counts.shape[1:],
            dtype=counts.dtype,
            filters=[code],
            compressors=BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle", typesize=2 if wide else 1),
            zarr_format=3,
            fill_value=0,
        )
        array[...] = counts

    return {"encode": encode, "counts": lambda: zarr.open_array(path, mode="r")[...]}


work = {"photon": photon, "anscombe": anscombe}[who]()[what]
seconds = []
for number in range(int(repeats) + 1):
    if what == "encode":
        shutil.rmtree(path, ignore_errors=True)
    begun = time.perf_counter()
    result = work()
    seconds.append(time.perf_counter() - begun)
    del result
print(json.dumps(seconds[1:]))
