"""Writes the trees beside this file and manifest.json: filters, codecs and data types of zarr-python and numcodecs.

Run in an empty copy of this folder with zarr 3.1 and numcodecs 0.16. What is checked in was written with the versions
that the manifest names; it is not written again.
"""

import base64
import json
import warnings

import numcodecs
import numpy as np
import zarr
import zarr.codecs.numcodecs as zn
from zarr.dtype import VariableLengthBytes
from zarr.codecs import BloscCodec, BytesCodec, ShardingCodec, TransposeCodec, VLenBytesCodec, VLenUTF8Codec, ZstdCodec

warnings.filterwarnings("ignore")
CASES = []


def notation(value):
    value = np.asarray(value)
    shape = list(value.shape)
    if value.dtype.names:
        return {"$record": {"shape": shape, "fields": [[name, notation(value[name])] for name in value.dtype.names]}}
    if value.dtype.kind in "OT":
        items = [{"$bytes": base64.b64encode(x).decode()} if isinstance(x, bytes) else str(x) for x in value.ravel()]
        return {"$array": {"dtype": "|O", "shape": shape, "items": items}}
    value = value.astype(value.dtype.newbyteorder("<"))
    if value.dtype.kind == "U":
        return {"$array": {"dtype": value.dtype.str, "shape": shape, "items": [str(x) for x in value.ravel()]}}
    data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"$array": {"dtype": value.dtype.str, "shape": shape, "data": data}}


def case(name, data, **options):
    data = np.asarray(data)
    dtype = options.pop("dtype", data.dtype)
    array = zarr.create_array(store=f"./{name}", shape=data.shape, dtype=dtype, **options)
    array[...] = data
    CASES.append({"id": name, "tree": name, "expected": notation(zarr.open_array(f"./{name}", mode="r")[...])})


def v2(name, data, chunks, filters=None, compressors=None, **options):
    case("v2-" + name, data, chunks=chunks, filters=filters, compressors=compressors, zarr_format=2, **options)


def v3(name, data, chunks, **options):
    case("v3-" + name, data, chunks=chunks, zarr_format=3, **options)


ints = (np.arange(60) ** 2 % 97).reshape(10, 6)
floats = np.sin(np.arange(60)).reshape(10, 6)
v2("delta-i2", ints.astype("<i2"), (4, 6), [numcodecs.Delta(dtype="<i2")], numcodecs.Zstd())
v2("delta-i4-as-i1", np.cumsum(ints % 5, axis=0).astype("<i4"), (4, 6), [numcodecs.Delta(dtype="<i4", astype="i1")], numcodecs.Zlib())
v2("delta-big-endian-F", ints.astype(">i4"), (4, 4), [numcodecs.Delta(dtype=">i4")], numcodecs.LZ4(), order="F")
v2("delta-f4", floats.astype("<f4"), (5, 6), [numcodecs.Delta(dtype="<f4")], None)
v2("fixedscaleoffset-f8", floats, (5, 6), [numcodecs.FixedScaleOffset(offset=-1, scale=1000, dtype="<f8", astype="<u2")], numcodecs.GZip())
v2("fixedscaleoffset-f4", (1000 + ints / 10).astype("<f4"), (5, 6), [numcodecs.FixedScaleOffset(offset=1000, scale=10, dtype="<f4", astype="u1")])
v2("quantize-f8", floats, (5, 6), [numcodecs.Quantize(digits=2, dtype="<f8", astype="<f4")], numcodecs.Zlib())
v2("bitround-f4", floats.astype("<f4"), (5, 6), [numcodecs.BitRound(keepbits=6)], numcodecs.Zlib())
v2("astype-f8", ints.astype("<f8"), (5, 6), [numcodecs.AsType(encode_dtype="<i2", decode_dtype="<f8")], numcodecs.Zlib())
v2("packbits", ints % 2 == 0, (5, 5), [numcodecs.PackBits()], numcodecs.Zstd())
v2("shuffle-zlib-f8", floats, (10, 3), [numcodecs.Shuffle(elementsize=8)], numcodecs.Zlib())
v2("lz4-u2", ints.astype("<u2"), (5, 6), None, numcodecs.LZ4())
v2("bz2-i8", ints.astype("<i8"), (5, 6), None, numcodecs.BZ2())
v2("crc32-i4", ints.astype("<i4"), (5, 6), [numcodecs.CRC32()], numcodecs.Zstd())
v2("adler32-end-i4", ints.astype("<i4"), (5, 6), [numcodecs.Adler32(location="end")], numcodecs.Zstd())
v2("fletcher32-i4", ints.astype("<i4"), (5, 6), [numcodecs.Fletcher32()], None)
v2("zstd-checksum-i4", ints.astype("<i4"), (5, 6), None, numcodecs.Zstd(level=3, checksum=True))
v2("vlen-utf8", np.array([["a", "日本"], ["", "long " * 20], ["x", "y"]], dtype=object), (2, 2), [numcodecs.VLenUTF8()], numcodecs.Zstd(), dtype=str)
v2("vlen-bytes", np.array([b"a", b"", b"\x00\xff"], dtype=object), (2,), [numcodecs.VLenBytes()], None, dtype=VariableLengthBytes())
record = np.array([(1, -2.5, b"ab", "é"), (3, np.inf, b"c", "zz")], dtype=[("i", "<i4"), ("f", ">f8"), ("s", "S3"), ("u", "<U2")])
v2("struct", record, (1,), None, numcodecs.Zstd())
v2("blosc-zstd-timedelta", np.arange(5).astype("<m8[ms]"), (3,), None, numcodecs.Blosc(cname="zstd"))
v2("void", np.array([b"abcde", b"12345"], dtype="V5"), (2,))

v3("numcodecs-delta", ints.astype("<i4"), (4, 6), filters=[zn.Delta(dtype="<i4")])
v3("numcodecs-shuffle-zlib", floats, (5, 6), compressors=[zn.Shuffle(elementsize=8), zn.Zlib(level=3)])
v3("numcodecs-bz2", ints.astype("<u2"), (5, 6), compressors=[zn.BZ2(level=3)])
v3("numcodecs-lz4", ints.astype("<u2"), (5, 6), compressors=[zn.LZ4()])
v3("numcodecs-blosc", ints.astype("<u2"), (5, 6), compressors=[zn.Blosc(cname="lz4", clevel=5, shuffle=1)])
v3("numcodecs-fletcher32", ints.astype("<u2"), (5, 6), compressors=[zn.Fletcher32()])
v3("numcodecs-adler32", ints.astype("<u2"), (5, 6), compressors=[zn.Adler32()])
v3("numcodecs-crc32c", ints.astype("<u2"), (5, 6), compressors=[zn.CRC32C()])
v3("numcodecs-fixedscaleoffset", floats, (5, 6), filters=[zn.FixedScaleOffset(offset=0, scale=100, dtype="<f8", astype="<i2")])
v3("numcodecs-packbits", ints % 3 == 0, (5, 6), filters=[zn.PackBits()])
v3("string", np.array(["a", "日本", ""], dtype=object), (2,), dtype=str)
v3("string-2d-fill", np.array([["a", "b"], ["c", "d"], ["", ""]], dtype=object), (2, 2), dtype=str, fill_value="none")
v3("variable-bytes", np.array([b"a", b"\x00\x01", b""], dtype=object), (2,), dtype=VariableLengthBytes())
v3("struct", record.astype([("i", "<i4"), ("f", "<f8"), ("s", "S3"), ("u", "<U2")]), (1,))
v3("raw-bytes", np.array([b"abcde", b"12345"], dtype="V5"), (2,))
v3("timedelta", np.arange(5).astype("<m8[ms]"), (3,))
v3("shards-blosc-transpose", np.arange(6 * 8 * 10).reshape(6, 8, 10).astype("<u2"), (3, 4, 5), shards=(6, 4, 10), filters=[TransposeCodec(order=(2, 0, 1))], compressors=[BloscCodec(typesize=2, cname="lz4", shuffle="shuffle")])
v3("big-endian-blosc-bitshuffle", np.arange(3000).reshape(30, 100).astype("<i4"), (7, 30), serializer=BytesCodec(endian="big"), compressors=[BloscCodec(typesize=4, cname="zstd", shuffle="bitshuffle")])
v3("transpose-blosc-zlib", np.arange(3000).reshape(30, 100).astype("<f4"), (7, 30), filters=[TransposeCodec(order=(1, 0))], compressors=[BloscCodec(typesize=4, cname="zlib", shuffle="shuffle")])

versions = f"zarr {zarr.__version__}, numcodecs {numcodecs.__version__}, numpy {np.__version__}"
with open("manifest.json", "w") as out:
    out.write(json.dumps({"writer": versions})[:-1] + ', "cases": [\n')
    out.write(",\n".join(json.dumps(case, ensure_ascii=False) for case in CASES) + "\n]}\n")
