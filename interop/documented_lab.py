#!/usr/bin/env python3
"""Fills the schema ``neuroscience`` that the documentation's commands are run on, and prints the database's URL.

    documented_lab.py         in a folder with a ``datajoint.json`` (``workspace.py`` makes it)

Its movies are of ``<zarr@>`` 1.0, as Python writes them; one of its notes is a blob that was packed a second time.
"""

from __future__ import annotations

import datajoint as dj
import numpy as np
from datajoint import blob

import zarr_codec  # noqa: F401
from lab import Lab, url

RECORDING = """
    recording_id : int32
    ---
    note=null : <blob>
    movie=null : <zarr@local>
"""


def fill() -> None:
    lab = Lab("", "neuroscience")
    lab.declare("Recording", dj.Manual, RECORDING)
    lab.tables["Recording"].insert(
        {
            "recording_id": number,
            "note": {"light": number},
            "movie": np.full((3, 4, 5), number, "uint16"),
        }
        for number in (1, 2, 3)
    )
    lab.put("Recording", {"recording_id": 2}, "note", b"dj0\0" + blob.pack(np.arange(3)))
    lab.close()


if __name__ == "__main__":
    fill()
    print(url())
