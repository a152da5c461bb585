"""Unpacks each blob that comes in and packs the value again, as `datajoint.blob` does. Frames: length (u64), bytes."""

import struct
import sys

from datajoint.blob import pack, unpack

source, target = sys.stdin.buffer, sys.stdout.buffer
while length := source.read(8):
    value = unpack(source.read(struct.unpack("<Q", length)[0]))
    for compress in (False, True):
        blob = pack(value, compress=compress)
        target.write(struct.pack("<Q", len(blob)) + blob)
