"""Programs that another one drives: a JSON object a line in, one a line out. Imported before anything that may print."""

from __future__ import annotations

import json
import os
import sys
import traceback

# Libraries may print; standard output carries answers only.
ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
os.environ.setdefault("DJ_LOG_LEVEL", "WARNING")


def say(answer: dict) -> None:
    """Prints one line."""
    print(json.dumps(answer), file=ANSWERS, flush=True)


def serve(peer, operations: list[str]) -> None:
    """Does what each line of standard input asks for, until it ends: ``{"op": NAME, ...}`` is the method of that name, and the answer
    what it gives with ``"ok": true``, or ``{"ok": false, "error": "Type: text"}``."""
    for line in sys.stdin:
        try:
            request = json.loads(line)
            name = request.pop("op")
            if name not in operations:
                raise ValueError(f"no operation {name}; there are {', '.join(operations)}")
            answer = {"ok": True, **getattr(peer, name)(**request)}
        except Exception as error:  # every failure is an answer: the one who asked decides what it means
            traceback.print_exc()
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        say(answer)
