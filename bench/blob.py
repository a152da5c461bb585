"""`<blob>` side by side with Python's `datajoint.blob`: the same values, in turns, in one run.

Needs datajoint and numpy, and the Rust side:

    cargo build --release -p dj-blob-codecs --example blob_times
    python bench/blob.py [--rounds 5]

Prints for each value the median seconds of both, how many times faster Rust is, and the sizes.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import zlib

import numpy as np
from datajoint.blob import pack, unpack

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def values(mib):
    random = np.random.default_rng(1)
    count = mib << 20
    yield "uint16 counts", random.poisson(10, (mib, 1024, 512)).astype("uint16")
    yield "float64 noise", random.standard_normal(count // 8)
    yield "float64 walk", np.cumsum(random.standard_normal(count // 8))
    yield "int16 wave", (1000 * np.sin(np.arange(count // 8) / 500) + random.normal(0, 20, count // 8)).astype("int16")
    yield "list of a million ints", list(range(1_000_000))
    yield (
        "dict of 100,000 entries",
        {f"key{i}": (i, i * 1.5, str(i), None) if i % 2 else {"a": i, "b": [i]} for i in range(100_000)},
    )


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--times", default=TARGET / "release/examples/blob_times", help="the Rust side")
    options = parser.parse_args()
    for name, value in values(options.mib):
        plain, small = pack(value, compress=False), pack(value)
        with tempfile.NamedTemporaryFile() as file:
            file.write(plain)
            file.flush()
            works = {
                "pack": lambda: pack(value),
                "pack_plain": lambda: pack(value, compress=False),
                "unpack": lambda: unpack(small),
                "unpack_plain": lambda: unpack(plain),
            }
            theirs, ours = {key: [] for key in works}, {key: [] for key in works}
            for _ in range(options.rounds):
                for key, work in works.items():
                    theirs[key].append(seconds(work))
                found = json.loads(subprocess.check_output([options.times, file.name, "3"]))
                for key in works:
                    ours[key].append(found[key])
        reference = len(zlib.compress(plain, 6)) + 14
        print(f"{name}: {len(plain):,} bytes, compressed {found['size']:,}, zlib 6 {reference:,}: {found['size'] / reference - 1:+.2%}")
        for key in works:
            python, rust = statistics.median(theirs[key]), statistics.median(ours[key])
            print(f"  {key:13} python {python:9.6f} s  rust {rust:9.6f} s  {python / rust:7.1f} times")


if __name__ == "__main__":
    main()
