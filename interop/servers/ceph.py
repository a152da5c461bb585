#!/usr/bin/env python3
"""A real S3 server: Ceph's object gateway on a Ceph cluster of one monitor and one OSD, from Debian stable.

The OSD keeps its objects in memory (Ceph's ``memstore``), as they are thrown away at the end. Everything else is what runs
in a data centre: cephx between the daemons, signature v4 and path-style requests on the gateway.

Run alone: prints where it is, stops when its standard input ends.
"""

from __future__ import annotations

import signal
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from debian import unpack_suite
from process import Run, ServerError, free_ports, run, serve

# Their data is thrown away, and an orderly end of the gateway takes five seconds.
KILL = signal.SIGKILL
SUITE = "trixie"
PACKAGES = ["ceph-mon", "ceph-osd", "ceph-base", "ceph-common", "radosgw"]
ACCESS_KEY = "interopaccesskey"
SECRET_KEY = "interop/secret+key"

CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}/0]
mon initial members = a
public addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = {data}/keyring
run dir = {data}
crash dir = {data}
admin socket =
log file = {logs}/$name.log
mon cluster log file = {logs}/cluster.log
plugin dir = {ceph}
erasure code dir = {ceph}/erasure-code
osd class dir = {classes}
# One disk, one copy, one placement group a pool; and a monitor that need not collect changes from others, so
# creating the gateway's pools takes milliseconds.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon warn on pool no redundancy = false
mon max pg per osd = 100000
# The monitor ends, and says nothing, where less than 5 % of the disk is free, however large the disk: it needs megabytes.
mon data avail warn = 0
mon data avail crit = 0
paxos propose interval = 0.02
paxos min wait = 0.01
[mon.a]
mon data = {data}/mon
[osd.0]
osd data = {data}/osd
osd objectstore = memstore
memstore device bytes = 8589934592
[client.rgw]
rgw data = {data}/rgw
rgw enable apis = s3
rgw frontends = beast endpoint=127.0.0.1:{rgw_port} tcp_nodelay=1
"""


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(endpoint, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def start(this: Run) -> dict:
    """Starts monitor, OSD and gateway, and makes the one user."""
    unpacked = unpack_suite("ceph", SUITE, PACKAGES)
    mon_port, rgw_port = free_ports(2)
    data, logs = this.data, this.logs
    fsid = str(uuid.uuid4())
    configuration = data / "ceph.conf"
    configuration.write_text(
        CONFIGURATION.format(
            fsid=fsid,
            mon_port=mon_port,
            rgw_port=rgw_port,
            data=data,
            logs=logs,
            ceph=unpacked.library_folder("ceph"),
            classes=unpacked.library_folder("rados-classes"),
        )
    )
    for folder in ("mon", "osd", "rgw"):
        (data / folder).mkdir()

    def ceph(program: str, *arguments: object) -> list:
        return [*unpacked.command(f"usr/bin/{program}"), "-c", configuration, *arguments]

    setup = logs / "setup.out"
    keyring, monmap, osdmap = data / "keyring", data / "monmap", data / "osdmap"
    address = f"[v2:127.0.0.1:{mon_port}/0]"
    run(ceph("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap), setup)
    run(ceph("osdmaptool", "--createsimple", "1", "--clobber", osdmap), setup)
    run(ceph("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"), setup)
    for name in ("client.admin", "client.rgw", "osd.0"):
        allow = [word for kind in ("mon", "osd", "mgr") for word in ("--cap", kind, "allow *")]
        run(ceph("ceph-authtool", keyring, "--gen-key", "-n", name, *allow), setup)
    run(ceph("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap, "--osdmap", osdmap, "--keyring", keyring), setup)
    this.daemon("mon", ceph("ceph-mon", "-i", "a", "-f"), stop=KILL)
    this.run(ceph("ceph-osd", "-i", "0", "--mkfs"), setup, timeout=240)
    this.daemon("osd", ceph("ceph-osd", "-i", "0", "-f"), stop=KILL)
    user = ["--uid", "interop", "--display-name", "interop", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
    this.run(ceph("radosgw-admin", "-n", "client.rgw", "user", "create", *user), setup, timeout=240)
    this.daemon("rgw", ceph("radosgw", "-n", "client.rgw", "-f"), stop=KILL)
    endpoint = f"http://127.0.0.1:{rgw_port}"
    this.wait_until(lambda: _answers(endpoint), "Ceph's object gateway", Path(logs / "client.rgw.log"))
    versions = [line for line in (unpacked.root.parent / "unpacked").read_text().splitlines() if "radosgw" in line]
    if not versions:
        raise ServerError(f"{unpacked.root} has no radosgw; remove that folder and try again")
    return {
        "software": f"Ceph {versions[0].split('_')[1].split('%')[0]} (radosgw)",
        "endpoint": f"127.0.0.1:{rgw_port}",
        "secure": False,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "region": "us-east-1",
    }


if __name__ == "__main__":
    sys.exit(serve("s3", start))
