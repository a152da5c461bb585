"""Measures <photon@> beside the Python path and beside anscombe-transform as a Zarr filter, in one run, in turns.

    python bench/photon.py --python2 VENV2/bin/python --anscombe VENV3/bin/python [--folder /dev/shm/bench]

See bench/README.md. Prints a table for each movie: the median seconds of each, and how many times faster we are, as the median
over the rounds; and the bytes that each stores.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--python2", required=True, help="a Python with zarr 2.18 and numpy")
arguments.add_argument("--anscombe", help="a Python with zarr 3 and anscombe-transform; left out where it is not given")
arguments.add_argument("--folder", default="bench-data", help="where movies and arrays are kept (6 GB)")
arguments.add_argument("--binary", help="our program; built from examples/photon.rs where it is not given")
arguments.add_argument("--rounds", type=int, default=3, help="pairs of processes")
arguments.add_argument("--repeats", type=int, default=2, help="runs in a process, after one that warms up")
arguments.add_argument("--frames", type=int, default=1000, help="frames of the movie")
arguments.add_argument("--movies", default="poisson,cells", help="a list")
arguments.add_argument("--gain", default="4.0", help="the conversion gain by which both sides quantise")
arguments.add_argument("--json", help="also writes every measurement to this file")
options = arguments.parse_args()

folder = pathlib.Path(options.folder).resolve()
folder.mkdir(parents=True, exist_ok=True)

MAKE = """
import sys
import numpy as np

path, what, frames = sys.argv[1], sys.argv[2], int(sys.argv[3])
random = np.random.default_rng(0)
if what == "poisson":
    # A dim scene: Poisson of mean 10.
    rates = lambda frame: 10.0
else:
    # A field of cells that flash, over a background with a gradient: means from 3 to some hundred.
    y, x = np.mgrid[:512, :512]
    background = 3 + 5 * (x / 512) + 2 * np.sin(y / 80)
    cells = [(random.integers(0, 512, 2), random.uniform(4, 9), random.uniform(20, 300)) for _ in range(150)]
    shapes = np.stack([np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * r * r)) for (cy, cx), r, _ in cells])
    bright = np.array([amplitude for _, _, amplitude in cells])
    activity = np.zeros(len(cells))
    def rates(frame):
        global activity
        activity = 0.9 * activity + (random.random(len(cells)) < 0.02)
        return background + np.tensordot(bright * (0.1 + activity), shapes, 1)
movie = np.lib.format.open_memmap(path, "w+", np.uint16, (frames, 512, 512))
for frame in range(frames):
    movie[frame] = random.poisson(rates(frame), (512, 512))
movie.flush()
"""


def build():
    subprocess.run(
        ["cargo", "build", "--release", "-p", "dj-photon-codecs", "--example", "photon"], cwd=HERE.parent, check=True
    )
    target = os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")
    return pathlib.Path(target) / "release" / "examples" / "photon"


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True)
    return statistics.median(json.loads(done.stdout))


def stored(tree):
    """The bytes of all files of a tree, the record apart."""
    return sum(file.stat().st_size for file in tree.rglob("*") if file.is_file() and file.name != "record.json")


binary = options.binary or build()
measured = []
for name in options.movies.split(","):
    npy = folder / f"{name}{options.frames}.npy"
    if not npy.exists():
        subprocess.run([options.python2, "-c", MAKE, npy, name, str(options.frames)], check=True)
    first, second, small = (folder / tree for tree in ("ours-1.0", "ours-2.0", "ours-quantised"))
    python, filtered = folder / "python-1.0", folder / "python-anscombe"
    peer = HERE / "photon_peer.py"
    ours = lambda *command: run(binary, *command, options.repeats)
    theirs = lambda *command: run(options.python2, peer, "photon", *command, options.repeats)
    encode = lambda tree, version, *quantise: run(binary, "encode", npy, tree, version, options.repeats, *quantise)
    pairs = [
        ("encode, 2.0 beside Python's 1.0", lambda: encode(second, "2.0"), lambda: theirs("encode", npy, python)),
        ("encode, 2.0 beside the compressor alone", lambda: encode(second, "2.0"), lambda: ours("compress", npy)),
        ("decode to counts, 2.0 beside Python's 1.0", lambda: ours("decode", second, "counts"), lambda: theirs("counts", npy, python)),
        (
            "decode to stabilised values, 2.0 beside Python's 1.0",
            lambda: ours("decode", second, "stabilized"),
            lambda: theirs("stabilized", npy, python),
        ),
        ("encode, 1.0 beside Python's 1.0", lambda: encode(first, "1.0"), lambda: theirs("encode", npy, python)),
        ("decode to counts, 1.0 beside Python's 1.0", lambda: ours("decode", first, "counts"), lambda: theirs("counts", npy, python)),
        (
            "decode to stabilised values, 1.0 beside Python's 1.0",
            lambda: ours("decode", first, "stabilized"),
            lambda: theirs("stabilized", npy, python),
        ),
    ]
    if options.anscombe:
        package = lambda what: run(options.anscombe, peer, "anscombe", what, npy, filtered, options.repeats, options.gain)
        pairs += [
            ("quantise, beside the Zarr filter", lambda: encode(small, "2.0", options.gain, 0), lambda: package("encode")),
            ("decode quantised counts, beside the Zarr filter", lambda: ours("decode", small, "counts"), lambda: package("counts")),
        ]
    rows = []
    for what, us, them in pairs:
        seconds = []
        for round_ in range(options.rounds):
            # Who begins changes from round to round.
            if round_ % 2:
                mine, other = us(), them()
            else:
                other = them()
                mine = us()
            seconds.append((mine, other))
        rows.append((what, seconds))
        measured.append({"movie": name, "what": what, "seconds": seconds})
        print(f"{name}, {what}: {seconds}", file=sys.stderr, flush=True)
    print(f"\n{name}, {options.frames} frames\n\n| | ours, s | other, s | other / ours |\n| --- | --- | --- | --- |")
    for what, seconds in rows:
        mine, other = (statistics.median(side) for side in zip(*seconds))
        print(f"| {what} | {mine:.3f} | {other:.3f} | {statistics.median(b / a for a, b in seconds):.2f} |")
    trees = {"ours 2.0": second, "ours 1.0": first, "Python 1.0": python}
    if options.anscombe:
        trees |= {"ours quantised": small, "Zarr filter": filtered}
    sizes = {label: stored(tree) for label, tree in trees.items()}
    measured.append({"movie": name, "bytes": sizes})
    print("\nBytes stored: " + ", ".join(f"{label} {size:,}" for label, size in sizes.items()))
if options.json:
    pathlib.Path(options.json).write_text(json.dumps(measured, indent=1))
