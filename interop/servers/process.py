"""Child processes, free ports and the life of one server.

A server script starts its daemons, prints one line of JSON that says how to reach them, and runs until its standard
input ends or it is told to stop (SIGTERM, SIGINT). The one who started it therefore only has to hold a pipe: however that
one ends, the server and its data go with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

INTEROP = Path(__file__).resolve().parent.parent


class ServerError(Exception):
    """A server could not be installed or started; the text says why and where its log is."""


def cache_folder() -> Path:
    """The folder for everything that is downloaded or written: ``DJ_INTEROP_DIR``, or ``target/interop`` of the clone."""
    named = os.environ.get("DJ_INTEROP_DIR")
    folder = Path(named).resolve() if named else INTEROP.parent / "target" / "interop"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def say(text: str) -> None:
    """Tells the person who watches; standard output is kept for the answer."""
    print(text, file=sys.stderr, flush=True)


def free_ports(count: int) -> list[int]:
    """Ports on 127.0.0.1 that nobody listens on now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _die_with_parent() -> None:
    # PR_SET_PDEATHSIG: a server whose script was killed outright must not stay behind.
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def run(command: list, log: Path, *, timeout: float | None = None, meanwhile: Callable[[], None] | None = None, **options) -> None:
    """Runs a command to its end, output into the log; failure is an error that shows the log's last lines.

    ``meanwhile`` is called again and again until then, and ends the command where it raises.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    with open(log, "ab") as out:
        with subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL, **options
        ) as process:
            try:
                while process.poll() is None:
                    if meanwhile is not None:
                        meanwhile()
                    if deadline is not None and time.monotonic() > deadline:
                        raise ServerError(f"{_called(command)} did not end within {timeout:.0f} s; {tail(log)}")
                    try:
                        process.wait(0.5)
                    except subprocess.TimeoutExpired:
                        pass
            finally:
                if process.poll() is None:
                    process.kill()
    if process.returncode != 0:
        raise ServerError(f"{_called(command)} ended with {process.returncode}; {tail(log)}")


def _called(command: list) -> str:
    """The program's name, also where a loader starts it, with its first arguments."""
    words = [str(part) for part in command]
    if "--library-path" in words:
        words = words[words.index("--library-path") + 2 :]
    return " ".join([Path(words[0]).name, *words[1:6]])


def tail(log: Path, lines: int = 12) -> str:
    """The log's path and last lines, for a message."""
    try:
        text = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError as error:
        return f"no log at {log}: {error}"
    return f"{log} ends with:\n  " + "\n  ".join(text)


def free_space(folder: Path) -> str:
    """How much room the folder's disk has, for a message: a full disk is what most often ends a server."""
    disk = shutil.disk_usage(folder)
    return f"{disk.free / 1e9:.1f} of {disk.total / 1e9:.0f} GB are free there"


class Run:
    """One run of one server: its folders, its daemons, and how they end.

    ``data`` goes when the run ends; ``logs`` stays, for the last few runs.
    """

    KEPT = 5

    def __init__(self, name: str) -> None:
        runs = cache_folder() / "runs" / name
        runs.mkdir(parents=True, exist_ok=True)
        self._forget_old(runs)
        self.folder = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=runs))
        self.folder.chmod(0o755)
        (self.folder / "pid").write_text(str(os.getpid()))
        self.logs = self.folder / "logs"
        self.data = self.folder / "data"
        self.logs.mkdir()
        self.data.mkdir()
        self._daemons: dict[str, tuple[subprocess.Popen, int]] = {}

    def run(self, command: list, log: Path, timeout: float) -> None:
        """Runs a command that needs the daemons: one of them ending meanwhile is an error too."""
        run(command, log, timeout=timeout, meanwhile=self.check)

    @classmethod
    def _forget_old(cls, runs: Path) -> None:
        ended = []
        for folder in sorted(runs.iterdir()):
            try:
                os.kill(int((folder / "pid").read_text()), 0)
            except (OSError, ValueError):
                shutil.rmtree(folder / "data", ignore_errors=True)
                ended.append(folder)
        for folder in ended[: -cls.KEPT + 1]:
            shutil.rmtree(folder, ignore_errors=True)

    def daemon(self, name: str, command: list, *, stop: int = signal.SIGTERM, **options) -> subprocess.Popen:
        """Starts a process that is to stay until the run ends; its output goes to ``logs/NAME.out``."""
        with open(self.logs / f"{name}.out", "ab") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                # A session of its own, so that Ctrl-C reaches this script first, which then stops them in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
                **options,
            )
        self._daemons[name] = (process, stop)
        return process

    def wait_until(self, ready: Callable[[], bool], what: str, log: Path, seconds: float = 90) -> None:
        """Polls until ``ready()``; a daemon that ends meanwhile, or the time running out, is an error."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ServerError(f"{what} did not answer within {seconds:.0f} s; {tail(log)}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raises if a daemon has ended by itself."""
        for name, (process, _) in self._daemons.items():
            if process.poll() is not None:
                logs = [tail(log) for log in sorted(self.logs.glob(f"{name}*")) if log.stat().st_size]
                raise ServerError("\n  ".join([f"{name} ended with {process.returncode}; {free_space(self.folder)}", *logs]))

    def stop(self) -> None:
        """Stops the daemons, last started first, and removes their data."""
        daemons = list(reversed(self._daemons.values()))
        for process, how in daemons:
            if process.poll() is None:
                process.send_signal(how)
        for process, _ in daemons:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._daemons.clear()
        shutil.rmtree(self.data, ignore_errors=True)


class _Stopped(Exception):
    """A signal to stop came."""


def serve(name: str, start: Callable[[Run], dict]) -> int:
    """The main program of a server script: starts it, prints where it is, and waits for the end of standard input."""

    def stopped(_number, _frame):
        raise _Stopped

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stopped)
    run_ = None
    try:
        begun = time.monotonic()
        run_ = Run(name)
        where = start(run_)
        say(f"{name}: up after {time.monotonic() - begun:.1f} s, logs in {run_.logs}")
        print(json.dumps({"name": name, "logs": str(run_.logs), **where}), flush=True)
        while True:
            readable, _, _ = select.select([0], [], [], 1.0)
            if readable and not os.read(0, 4096):
                return 0
            run_.check()
    except _Stopped:
        return 0
    except (ServerError, OSError) as error:
        say(f"{name}: {error}")
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if run_ is not None:
            run_.stop()
