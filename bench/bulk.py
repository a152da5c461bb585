"""Measures fetching and inserting many rows whose arrays are in an S3 server that is far away, beside Python DataJoint.

    python3 bench/bulk.py [--rows 2033] [--elements 12500] [--delay 20] [--rounds 3]

Starts what `cargo xtask interop` starts (PostgreSQL and Ceph's object gateway, in the folder that DJ_INTEROP_DIR names), fills a
table, and puts a proxy before the object gateway that makes every request wait. See bench/README.md.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INTEROP = HERE.parent / "interop"

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--rows", type=int, default=2033)
arguments.add_argument("--elements", type=int, default=12_500, help="of float64 in each array")
arguments.add_argument("--delay", type=int, default=20, help="milliseconds that a request waits")
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--parallel", default="0", help="values in flight, a list; 0: as fetch_many has it")
arguments.add_argument("--requests", default="0", help="requests that the store has under way, a list; 0: as it has it")
arguments.add_argument("--no-python", action="store_true", help="leaves Python out, which takes minutes")
arguments.add_argument("--binary", help="interop/examples/bulk.rs; built where it is not given")
arguments.add_argument("--s3", help="JSON as servers/ceph.py prints it: another S3 server, which runs already")
options = arguments.parse_args()


def build():
    subprocess.run(["cargo", "build", "--release", "-p", "dj-interop", "--example", "bulk"], cwd=HERE.parent, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")
    return pathlib.Path(target) / "release" / "examples" / "bulk"


def run(command, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "cpu": cpu}


class Far:
    """A proxy before a server."""

    def __init__(self, binary, server):
        command = [binary, "proxy", server, str(options.delay)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def counts(self, of):
        self.process.stdin.write(of + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def show(what, told, counts):
    rate = f", {told['bytes'] / told['seconds'] / 1e6:.0f} MB/s" if "bytes" in told else ""
    print(
        f"{what}: {told['rows']} rows in {told['seconds']:.2f} s{rate}, {told['cpu']:.2f} s of CPU; {counts['requests']} requests, "
        f"{counts['at_once']} at once, {counts['connections']} connections",
        flush=True,
    )


def measure(folder, python, binary, far):
    filled = run([python, HERE / "bulk_peer.py", "fill", options.rows, options.elements], folder)
    print(f"filled by Python without the proxy: {filled['rows']} rows in {filled['seconds']:.2f} s", flush=True)
    near = json.loads((folder / "datajoint.json").read_text())
    distant = json.loads(json.dumps(near))
    distant["stores"]["cloud"]["endpoint"] = far.address

    def configure(document):
        (folder / "datajoint.json").write_text(json.dumps(document))

    place = [filled["url"], filled["schema"], "trace", "trace"]
    for parallel in options.parallel.split(","):
        for requests in options.requests.split(","):
            name = f"{parallel} values, {requests} requests" if (parallel, requests) != ("0", "0") else "dj-codec-db"
            for _ in range(options.rounds):
                configure(near)
                told = run([binary, "fetch", *place, parallel, requests], folder)
                print(f"{name}, without the proxy: {told['rows']} rows in {told['seconds']:.2f} s, {told['cpu']:.2f} s of CPU", flush=True)
                configure(distant)
                far.counts("")
                show(name, run([binary, "fetch", *place, parallel, requests], folder), far.counts(name))
    configure(distant)
    far.counts("")
    sizes = [options.rows, options.elements]
    show("dj-codec-db inserts", run([binary, "insert", *place[:2], "ours", "trace", *sizes], folder), far.counts(""))
    if not options.no_python:
        show("Python fetches", run([python, HERE / "bulk_peer.py", "fetch"], folder), far.counts("python"))
        show("Python inserts", run([python, HERE / "bulk_peer.py", "insert", *sizes], folder), far.counts("python"))


def main():
    binary = options.binary or build()
    python = subprocess.run([sys.executable, INTEROP / "environment.py"], stdout=subprocess.PIPE, check=True, text=True)
    python = python.stdout.strip()
    names = ["postgresql"] if options.s3 else ["postgresql", "s3"]
    servers = subprocess.Popen(
        [sys.executable, INTEROP / "servers/up.py", *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    where = json.loads(servers.stdout.readline())
    if options.s3:
        where["s3"] = json.loads(options.s3)
    far = Far(binary, where["s3"]["endpoint"])
    print(f"{where['postgresql']['software']}, {where['s3']['software']}; {options.delay} ms a request", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        made = [python, INTEROP / "workspace.py", folder, "postgresql"]
        subprocess.run(made, input=json.dumps(where), text=True, check=True, stdout=subprocess.DEVNULL)
        measure(pathlib.Path(folder), python, binary, far)
    far.process.stdin.close()
    servers.stdin.close()
    servers.wait()


if __name__ == "__main__":
    main()
