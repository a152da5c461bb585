"""Python DataJoint's side of bulk.py, run in a folder with a ``datajoint.json``.

    bulk_peer.py fill ROWS ELEMENTS     declares the tables, and inserts rows of float64 arrays; prints the table's name and URL
    bulk_peer.py insert ROWS ELEMENTS   inserts the same into a table of its own
    bulk_peer.py fetch                  fetches all rows with their arrays; prints rows, bytes and seconds

Prints one line of JSON.
"""

import json
import os
import sys
import time

ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
os.environ.setdefault("DJ_LOG_LEVEL", "WARNING")

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402

what, *numbers = sys.argv[1:]
dj.config.safemode = False
schema = dj.Schema("bulk")


class Trace(dj.Manual):
    definition = """
    number : int32
    ---
    note : varchar(32)
    trace : <npy@cloud>
    """


class Slow(dj.Manual):
    definition = Trace.definition


class Ours(dj.Manual):
    definition = Trace.definition


def rows(count, elements):
    random = np.random.default_rng(1)
    for number in range(count):
        yield {"number": number, "note": f"row {number}", "trace": random.random(elements)}


def url():
    backend, name = dj.config["database.backend"], dj.config["database.name"]
    scheme = "postgres" if backend == "postgresql" else "mysql"
    password = dj.config["database.password"]
    password = getattr(password, "get_secret_value", lambda: password)()
    at = f"{dj.config['database.host']}:{dj.config['database.port']}"
    return f"{scheme}://{dj.config['database.user']}:{password}@{at}/{(name or '') if backend == 'postgresql' else ''}"


def told():
    if what in ("fill", "insert"):
        table = schema(Trace if what == "fill" else Slow)
        schema(Ours)
        made = list(rows(*map(int, numbers)))
        begun = time.perf_counter()
        table().insert(made)
        return {"rows": len(made), "seconds": time.perf_counter() - begun, "url": url(), "schema": "bulk"}
    table = schema(Trace)
    begun = time.perf_counter()
    arrays = [np.asarray(trace) for trace in table().to_arrays("trace")]
    seconds = time.perf_counter() - begun
    return {"rows": len(arrays), "bytes": sum(array.nbytes for array in arrays), "seconds": seconds}


print(json.dumps(told()), file=ANSWERS)
