"""Writes the seeds of the target `zarr_chunk` with numcodecs 0.13 beside this file: one object for each chain of codecs.

The names begin with the position of the chain in `fuzz/src/zarr_chunk.rs`.
"""

import pathlib
import struct
import zlib

import numcodecs
import numpy as np
from numcodecs import (
    BZ2, LZ4, AsType, Adler32, Blosc, CRC32, Delta, FixedScaleOffset, Fletcher32, GZip, PackBits, Quantize, Shuffle,
    VLenBytes, VLenUTF8, Zlib, Zstd,
)

FOLDER = pathlib.Path(__file__).with_suffix("")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return struct.pack("<I", crc ^ 0xFFFFFFFF)


def summed(data):
    return bytes(data) + crc32c(bytes(data))


def shard(encode, index_sum, start):
    chunks = [encode(i2[row : row + 4, column : column + 4].tobytes()) for row in (0, 4) for column in (0, 4)]
    chunks[2] = None
    size = 64 + 4 * index_sum
    at, body, index = size if start else 0, b"", b""
    for chunk in chunks:
        if chunk is None:
            index += b"\xff" * 16
        else:
            index += struct.pack("<QQ", at, len(chunk))
            at, body = at + len(chunk), body + bytes(chunk)
    if index_sum:
        index = summed(index)
    return index + body if start else body + index


i2 = (np.arange(64) ** 2 % 251).astype("<i2").reshape(8, 8)
f4 = np.linspace(-1, 1, 64, dtype="f4").reshape(8, 8)
f8 = (np.arange(64) / 10 - 2).reshape(8, 8)
texts = np.array([["", "a", "ä", "text"] * 2] * 8, dtype=object)
octets = np.array([[text.encode() for text in row] for row in texts], dtype=object)
plain = i2.tobytes()
kinds = ["lz4", "lz4hc", "zlib", "zstd", "blosclz"] + (["snappy"] if "snappy" in numcodecs.blosc.list_compressors() else [])
blosc = [(f"{kind}-{shuffle}", Blosc(kind, 5, shuffle)) for kind in kinds for shuffle in (0, 1, 2)]

OBJECTS = {f"00-{name}": codec.encode(i2) for name, codec in blosc}
OBJECTS["00-blocks"] = Blosc("lz4", 5, 1, blocksize=64).encode(i2)
OBJECTS["00-stored"] = Blosc("zstd", 0, 0).encode(i2)
OBJECTS |= {
    "01-zstd": Zstd(3).encode(plain),
    "02-gzip": GZip(6).encode(plain),
    "03-zlib": Zlib(6).encode(plain),
    "03-stored": zlib.compress(plain, 0),
    "04-bz2": BZ2(9).encode(plain),
    "05-lz4": LZ4().encode(plain),
    "06-crc32c": summed(plain),
    "07-blosc-crc32c": summed(Blosc("zstd", 5, 2).encode(i2)),
    "08-transposed": Zstd(1).encode(f4.T.astype(">f4").tobytes()),
    "09-shuffle": Zlib(6).encode(Shuffle(4).encode(i2.astype("<i4"))),
    "10-crc32": CRC32().encode(plain),
    "11-adler32": Adler32().encode(plain),
    "12-fletcher32": Fletcher32().encode(plain),
    "13-bool": Blosc("lz4", 5, 2).encode(i2 % 2 == 0),
    "14-texts": VLenUTF8().encode(texts),
    "15-texts-zstd": Zstd(1).encode(VLenUTF8().encode(texts)),
    "16-shard": shard(summed, True, False),
    "17-shard-blosc": shard(Blosc("lz4", 5, 1).encode, False, False),
    "18-shard-zstd": shard(Zstd(1).encode, False, True),
    "19-blosc": Blosc("zstd", 5, 2).encode(i2),
    "20-fortran": Zlib(1).encode(i2.T.astype(">i4").tobytes()),
    "21-delta": LZ4().encode(Delta("<i2").encode(i2.ravel())),
    "22-scaled": Zstd(1).encode(FixedScaleOffset(3, 10, "<f8", "<i2").encode(f8.ravel())),
    "23-quantized": Quantize(2, "<f8", "<f4").encode(f8.ravel()).tobytes(),
    "24-astype": BZ2(1).encode(AsType(">u2", "<i8").encode(i2.astype("<i8").ravel())),
    "25-packbits": PackBits().encode((i2 % 2 == 0).ravel()).tobytes(),
    "26-structure": Blosc("lz4", 5, 1).encode(np.zeros((8, 8), [("a", ">i2"), ("b", "<f4", (2,))])),
    "27-texts-blosc": Blosc("lz4", 5, 1).encode(VLenUTF8().encode(texts)),
    "28-octets": VLenBytes().encode(octets),
    "29-shuffle-crc32": Zstd(1).encode(CRC32().encode(Shuffle(2).encode(i2))),
}

FOLDER.mkdir(exist_ok=True)
for name, encoded in OBJECTS.items():
    (FOLDER / f"{name}.bin").write_bytes(bytes(encoded))
print(len(OBJECTS), "seeds")
