"""Measures <zarr@> beside the best other Zarr libraries, in the same run, in alternating pairs.

    python bench/movie.py --python3 VENV/bin/python --python2 VENV2/bin/python [--folder /dev/shm/bench]

See bench/README.md. Prints a table: the median seconds of each, and the median over the rounds of best peer / ours, so
that 1.0 or more means that we are at least as fast.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OURS = "dj-zarr-codecs"
OPERATIONS = ["write", "read", "frame", "column"]

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--python3", default=sys.executable, help="a Python with numpy, zarr 3, zarrs and tensorstore")
arguments.add_argument("--python2", help="a Python with zarr 2.18; left out where it is not given")
arguments.add_argument("--folder", default="bench-data", help="where movie and arrays are kept (3 GB)")
arguments.add_argument("--binary", help="our program; built from examples/movie.rs where it is not given")
arguments.add_argument("--rounds", type=int, default=5, help="pairs of processes")
arguments.add_argument("--repeats", type=int, default=3, help="runs in a process, after one that warms up")
arguments.add_argument("--frames", type=int, default=1000, help="frames of the movie, at least 538")
arguments.add_argument("--chunks", default="100,10", help="frames in a chunk, a list")
arguments.add_argument("--compressors", default="blosc,blosc-same-effort", help="of blosc, blosc-same-effort, zstd0, none; a list")
arguments.add_argument("--operations", default=",".join(OPERATIONS))
arguments.add_argument("--peers", default="tensorstore,zarr,zarr+zarrs,zarr2")
arguments.add_argument("--json", help="also writes every measurement to this file")
options = arguments.parse_args()

folder = pathlib.Path(options.folder).resolve()
folder.mkdir(parents=True, exist_ok=True)
npy = folder / f"movie{options.frames}.npy"
peers = [peer for peer in options.peers.split(",") if peer != "zarr2" or options.python2]


def run(command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True, env=os.environ)
    return json.loads(done.stdout)


def stored(tree):
    """The bytes of all files of a tree."""
    return sum(file.stat().st_size for file in tree.rglob("*") if file.is_file())


def build():
    subprocess.run(
        ["cargo", "build", "--release", "-p", "dj-zarr-codecs", "--example", "movie"], cwd=HERE.parent, check=True
    )
    target = os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")
    return pathlib.Path(target) / "release" / "examples" / "movie"


def make_movie():
    """Counts of a dim scene: Poisson of mean 10, a thousand frames of 512 x 512, 512 MiB."""
    if npy.exists():
        return
    program = (
        "import numpy as np, sys\n"
        "r = np.random.default_rng(0); n = int(sys.argv[2])\n"
        "a = np.empty((n, 512, 512), np.uint16)\n"
        "for i in range(n): a[i] = r.poisson(10, (512, 512))\n"
        "np.save(sys.argv[1], a)\n"
    )
    subprocess.run([options.python3, "-c", program, str(npy), str(options.frames)], check=True)


def peer(name, operation, path, chunk, compressor):
    python = options.python2 if name == "zarr2" else options.python3
    return run([python, HERE / "peer.py", name, operation, npy, path, chunk, compressor, options.repeats])


def ours(operation, tree, chunk, compressor):
    if operation == "write":
        # Our own level 5 is what the peers are to match in effort.
        ours = "blosc" if compressor == "blosc-same-effort" else compressor
        return run([binary, "write", npy, folder / "written-ours", chunk, ours, options.repeats])
    return run([binary, operation, folder, tree, options.repeats])


binary = options.binary or build()
make_movie()
measured, rows, sizes = [], [], {}
for compressor in options.compressors.split(","):
    for chunk in (int(text) for text in options.chunks.split(",")):
        # One tree for all readers of Zarr V3, and one that only zarr 2 can read.
        trees = {"v3": f"{compressor}-{chunk}-v3.zarr", "v2": f"{compressor}-{chunk}-v2.zarr"}
        if options.operations != "write" and compressor != "blosc-same-effort":
            peer("zarr", "make", folder / trees["v3"], chunk, compressor)
            if "zarr2" in peers:
                peer("zarr2", "make", folder / trees["v2"], chunk, compressor)
        for operation in options.operations.split(","):
            # Reading does not know how hard the writer tried.
            if compressor == "blosc-same-effort" and operation != "write":
                continue
            seconds, ratios = {OURS: []}, {}
            for round_ in range(options.rounds):
                for name in peers:
                    path = folder / (
                        f"written-{name}" if operation == "write" else trees["v2" if name == "zarr2" else "v3"]
                    )

                    def both(which):
                        if which == OURS:
                            return statistics.median(ours(operation, trees["v3"], chunk, compressor))
                        return statistics.median(peer(name, operation, path, chunk, compressor))

                    # Who begins changes from round to round.
                    order = [OURS, name] if round_ % 2 else [name, OURS]
                    pair = {which: both(which) for which in order}
                    for which, value in pair.items():
                        seconds.setdefault(which, []).append(value)
                    ratios.setdefault(name, []).append(pair[name] / pair[OURS])
            if operation == "write":
                written = {OURS: "written-ours"} | {name: f"written-{name}" for name in peers}
                sizes[compressor, chunk] = {name: stored(folder / tree) for name, tree in written.items()}
            medians = {name: statistics.median(values) for name, values in seconds.items()}
            best = min(peers, key=medians.get)
            rows.append((compressor, chunk, operation, medians, best, {n: statistics.median(r) for n, r in ratios.items()}))
            measured.append(
                {"compressor": compressor, "chunk": chunk, "operation": operation, "seconds": seconds, "ratios": ratios}
            )
            print(f"{compressor} {chunk} {operation}: {medians}", file=sys.stderr, flush=True)

print(f"| compressor, frames a chunk | operation | {OURS} | " + " | ".join(peers) + " | best peer / ours |")
print("| --- " * (len(peers) + 4) + "|")
for compressor, chunk, operation, medians, best, ratios in rows:
    cells = " | ".join(f"{medians[name]:.4f}" for name in peers)
    print(f"| {compressor}, {chunk} | {operation} | {medians[OURS]:.4f} | {cells} | {ratios[best]:.2f} ({best}) |")
for (compressor, chunk), trees in sizes.items():
    print(f"\nBytes stored, {compressor}, {chunk}: " + ", ".join(f"{name} {size}" for name, size in trees.items()))
if options.json:
    pathlib.Path(options.json).write_text(json.dumps(measured, indent=1))
