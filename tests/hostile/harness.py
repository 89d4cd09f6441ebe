"""Run attempts in child processes with a ceiling on memory and time, and see what they touch.

A server process imports Keras and hornbook once and forks a child for each
attempt.  The child has an audit hook that records what it opens, connects to,
imports and runs, beyond what belongs to Python and its packages.

    with Harness() as harness:
        outcome = harness.run("load_model", path)
        assert outcome.refused, outcome

An entry is the name of a function of this module that starts with `enter_`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
MEMORY_MIB = 512
SECONDS = 5.0
# What a child starts up by itself (the backend, its threads) comes on top of the ceiling.
_HARD_MIB = 4 * MEMORY_MIB
_PATIENCE = 2 * SECONDS
# Where Python and its packages lie, and what they ask the system.
_OWN = tuple(
    {sys.prefix, sys.base_prefix, str(ROOT / "src"), "/proc/", "/sys/", "/dev/", "/etc/", "/usr/lib", "<frozen"}
)
_EVENTS = (
    "socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn",
    "os.fork", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod",
    "os.putenv", "shutil.", "urllib.Request", "ctypes.dlopen", "pickle.find_class", "function.__new__", "code.__new__",
    "webbrowser.open", "ftplib.", "http.", "tempfile.",
)  # fmt: skip


@dataclass
class Outcome:
    """What came of an attempt.

    Attributes:
        loaded: The type of the object that came back, or `None`.
        error: The class of what was raised, or `None`.
        ours: Whether that is a `HornbookError`.
        message: Its text.
        touched: What was opened, connected, imported or run that is not Python's own.
        peak_mib: Memory beyond what the child had when it began.
        seconds: How long it took.
        ended: `"normally"`, `"timeout"`, or `"signal N"`.
        state: Whether the state that Keras keeps is as it was.
    """

    loaded: str | None = None
    error: str | None = None
    ours: bool = False
    message: str = ""
    touched: list[str] = field(default_factory=list)
    peak_mib: int = 0
    seconds: float = 0.0
    ended: str = "normally"
    state: bool = True

    @property
    def harmless(self) -> bool:
        """Nothing was touched, no ceiling was met, and no state is changed."""
        return (
            not self.touched
            and self.state
            and self.ended == "normally"
            and self.peak_mib <= MEMORY_MIB
            and self.seconds <= SECONDS
        )

    @property
    def refused(self) -> bool:
        """One error of our tree came, at most two lines long, and no harm was done."""
        return self.harmless and self.ours and self.loaded is None and self.message.count("\n") <= 1

    @property
    def accepted(self) -> bool:
        """An object came back, and no harm was done."""
        return self.harmless and self.loaded is not None


# ---------------------------------------------------------------- entries
def enter_load_model(path: str, **options: Any) -> Any:
    import hornbook

    return hornbook.load_model(path, **options)


def enter_model_from_config(config: Any, **options: Any) -> Any:
    import hornbook

    return hornbook.model_from_config(config, **options)


def enter_all_models(configs: list[Any], **options: Any) -> Any:
    """Make models of several configs; all of them must be refused."""
    import hornbook

    error = None
    for config in configs:
        try:
            return hornbook.model_from_config(config, **options)
        except hornbook.HornbookError as refused:
            error = refused
    assert error is not None
    raise error


def enter_model_from_json(text: str | bytes, **options: Any) -> Any:
    import hornbook

    return hornbook.model_from_json(text, **options)


def enter_deserialize(config: Any, **options: Any) -> Any:
    import hornbook

    return hornbook.deserialize_keras_object(config, **options)


def enter_load_weights(path: str, units: int = 2, **options: Any) -> Any:
    """Load weights into a small model of our own."""
    import keras

    import hornbook

    model = keras.Sequential([keras.Input((units,)), keras.layers.Dense(units)])
    hornbook.load_weights(model, path, **options)
    return model


def enter_inspect(path: str, **options: Any) -> Any:
    import hornbook

    return hornbook.inspect_model(path, **options)


def enter_audit(path: str, **options: Any) -> Any:
    import hornbook

    return hornbook.audit(path, **options)


# ---------------------------------------------------------------- the caller's side
class Harness:
    """A server for attempts; a context manager.

    Args:
        prepare: `"module:function"`, called in the server before anything is
            tried, as to register classes.
    """

    def __init__(self, prepare: str | None = None) -> None:
        self._prepare = prepare
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Harness:
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        command = [sys.executable, "-W", "ignore", "-m", "tests.hostile.harness", *filter(None, [self._prepare])]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
        )
        return self

    def __exit__(self, *args: object) -> None:
        assert self._server is not None
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(timeout=30)
        self._server.stdout.close()

    def run(self, entry: str, *arguments: Any, reads: str | Path | None = None, **options: Any) -> Outcome:
        """Call an entry in a child.

        Args:
            entry: The name of an entry, or `"module:function"`.
            *arguments: What it gets; an argument that is a path may be read.
            reads: A folder or file that may be read beyond that.
            **options: Keywords for it.
        """
        assert self._server is not None
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        arguments = tuple(str(one) if isinstance(one, Path) else one for one in arguments)
        _send(self._server.stdin, pickle.dumps((entry, arguments, options, None if reads is None else str(reads))))
        return Outcome(**json.loads(_receive(self._server.stdout)))


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(struct.pack("<Q", len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError
    return stream.read(struct.unpack("<Q", head)[0])


# ---------------------------------------------------------------- the server's side
def serve() -> None:
    """Import what is to be tried, then fork a child for each attempt.

    Nothing is made here: a backend that has threads does not survive a fork.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Keras prints is no answer
    import keras

    import hornbook

    with contextlib.suppress(ImportError):
        __import__("scipy.signal")  # Keras imports it for spectrograms, and it asks for packages that it can do without
    for prepare in sys.argv[1:]:
        _function(prepare)()
    with contextlib.suppress(EOFError):
        while True:
            task = _receive(sys.stdin.buffer)
            _send(answers, json.dumps(asdict(_attempt(task))).encode())
    del keras, hornbook


def _function(name: str) -> Callable[..., Any]:
    import importlib

    if ":" not in name:
        found: Callable[..., Any] = globals()[f"enter_{name}"]
        return found
    module, _, function = name.partition(":")
    found = getattr(importlib.import_module(module), function)
    assert callable(found)
    return found


def _attempt(task: bytes) -> Outcome:
    entry, arguments, options, reads = pickle.loads(task)
    function = _function(entry)
    readable, writable = os.pipe()
    with tempfile.TemporaryDirectory() as scratch:
        child = os.fork()
        if child == 0:
            os.close(readable)
            os.environ.update(TMPDIR=scratch, HOME=scratch)
            tempfile.tempdir = scratch
            try:
                outcome = _tried(function, arguments, options, (scratch, *filter(None, [reads])))
                os.write(writable, json.dumps(asdict(outcome)).encode())
            finally:
                os._exit(0)
        os.close(writable)
        return _watched(child, readable)


def _watched(child: int, readable: int) -> Outcome:
    """Wait for a child, and end it when its time is up."""
    data, peak, start = b"", 0, time.monotonic()
    base = _memory(os.getpid(), "VmRSS")
    ended = "normally"
    while True:
        peak = max(peak, _memory(child, "VmHWM"))
        if select.select([readable], [], [], 0.02)[0]:
            part = os.read(readable, 1 << 16)
            if not part:
                break
            data += part
        elif time.monotonic() - start > _PATIENCE:
            ended = "timeout"
            os.kill(child, signal.SIGKILL)
            break
    os.close(readable)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and ended == "normally":
        ended = f"signal {os.WTERMSIG(status)}"
    outcome = Outcome(**json.loads(data)) if data else Outcome()
    outcome.ended = ended
    if not data:
        outcome.peak_mib, outcome.seconds = max(0, peak - base), time.monotonic() - start
    return outcome


def _memory(process: int, key: str) -> int:
    """Return a figure of a process in MiB."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith(key)), 0)


# ---------------------------------------------------------------- the child's side
def _tried(
    function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any], reads: tuple[str, ...]
) -> Outcome:
    """Call a function under a ceiling and an audit hook."""
    from hornbook.errors import HornbookError

    _warm()
    outcome, before = Outcome(), _state()
    may_read = (*reads, *(one for one in arguments if isinstance(one, str) and len(one) < 4096 and "\0" not in one))
    outcome.touched = _watch(tuple(os.path.realpath(one) for one in may_read if one.startswith("/")))
    ceiling = (_memory(os.getpid(), "VmData") + _HARD_MIB) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    base, start = _memory(os.getpid(), "VmRSS"), time.monotonic()
    try:
        made = function(*arguments, **options)
        outcome.loaded = f"{type(made).__module__}.{type(made).__qualname__}"
    except BaseException as error:
        outcome.error, outcome.ours = type(error).__name__, isinstance(error, HornbookError)
        outcome.message = str(error)[:2000]
    try:
        _settle()
    except Exception as error:
        outcome.error, outcome.ours, outcome.message = type(error).__name__, False, str(error)[:2000]
    outcome.seconds = round(time.monotonic() - start, 2)
    outcome.peak_mib = max(0, _memory(os.getpid(), "VmHWM") - base)
    outcome.touched = outcome.touched[:20]
    outcome.state = _state() == before
    return outcome


def _warm() -> None:
    """Start the backend: its threads and libraries are none of what is measured."""
    import keras

    import hornbook

    small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    hornbook.model_from_config(hornbook.serialize_keras_object(small))
    keras.utils.clear_session()


def _settle() -> None:
    """Wait for what the backend does meanwhile."""
    jax = sys.modules.get("jax")
    for array in jax.live_arrays() if jax is not None else ():
        array.block_until_ready()


def _state() -> dict[str, Any]:
    """Return what built-ins may change in Keras and Python."""
    import keras
    from keras.src.saving import object_registration, serialization_lib

    return {
        "config": [
            keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format(), keras.config.backend(),
            keras.config.dtype_policy().name, keras.config.is_traceback_filtering_enabled(),
            keras.config.is_interactive_logging_enabled(), serialization_lib.in_safe_mode(),
        ],
        "registered": sorted(object_registration.GLOBAL_CUSTOM_OBJECTS),
        "distribution": keras.distribution.distribution() is None,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "limit": sys.getrecursionlimit(),
    }  # fmt: skip


def _watch(readable: tuple[str, ...]) -> list[str]:
    """Record what happens from now on; return the record."""
    seen: list[str] = []
    roots = {name.partition(".")[0] for name in [*sys.modules, *sys.stdlib_module_names]}
    quiet = False

    def mine(path: Any) -> bool:
        if isinstance(path, int):
            return True
        text = os.fsdecode(path) if isinstance(path, (bytes, os.PathLike)) else str(path)
        return text.startswith(_OWN) or os.path.realpath(text).startswith((*_OWN, *readable))

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal quiet
        if quiet:
            return
        quiet = True
        try:
            if event == "open":
                wrong = not mine(args[0])
            elif event == "import":
                wrong = str(args[0]).partition(".")[0] not in roots
            elif event == "exec":
                name = args[0].co_filename
                wrong = not (name.startswith(("<string>", "<attrs", "<frozen")) or mine(name))
            elif event in ("os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or event.startswith("tempfile."):
                wrong = not mine(args[0])
            else:
                wrong = event.startswith(_EVENTS)
            if wrong:
                seen.append(f"{event} {str(args)[:200]}")
        finally:
            quiet = False

    sys.addaudithook(hook)
    return seen


if __name__ == "__main__":
    serve()
