"""Replacing a file or a folder: a reader sees the old one or the new one, never a part of either.

What is written has no name, or a private one beside the target, until all of
it is on the disk; then it takes the target's name in one step.  Whoever writes
holds a lock on it, so that the next writer can tell what a killed one has left.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

_NEW, _OLD = ".tmp", ".old"
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_PERMISSIONS = 0o777
_INTERVAL = 0.05  # seconds between two goes at writing what is there to the disk
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replacing_file(target: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `target` when the block ends well.

    Mode and owner of an old file are kept, and of a link the file that it leads
    to is replaced.

    Raises:
        OSError: It cannot be written; the old file is as it was.
    """
    target = _resolved(target)
    _clean(target)
    before = _status(target)
    mode = 0o666 if before is None else 0o600
    descriptor, temporary = _unnamed(target, mode) or _named(target, mode)
    with contextlib.ExitStack() as held:
        held.callback(os.close, os.dup(descriptor))  # the lock, until the new name is there
        try:
            with os.fdopen(descriptor, "w+b") as file:
                with _written_back(file.fileno()):
                    yield file
                file.flush()
                _keep(file.fileno(), before)
                os.fsync(file.fileno())
                if not temporary.exists():
                    _give_name(file.fileno(), temporary)
            if fcntl is None:
                held.close()
            temporary.replace(target)
        except BaseException:
            held.close()
            with suppress(OSError):
                temporary.unlink()
            raise
    _sync_folder(target.parent)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give a folder that takes the place of `target` when the block ends well.

    On Linux the two change places in one step.  Elsewhere there is no folder
    for a moment; if the process ends in it, the next writing to this target
    finds the old one.

    Raises:
        OSError: It cannot be written; the old folder is as it was.
    """
    target = _resolved(target)
    _clean(target)
    before = _status(target)
    folder, lock = _named_folder(target, 0o777 if before is None else 0o700)
    try:
        yield folder
        _keep_each(folder, target)
        if lock is not None:
            _keep(lock, before)
        old = _swap(folder, target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)
    _sync_folder(target.parent)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _written_back(descriptor: int) -> Iterator[None]:
    """Let the disk take what is there already while the block makes more of it.

    Raises:
        OSError: It could not; the system says so only once.
    """
    sync = getattr(os, "fdatasync", os.fsync)
    done, failed = threading.Event(), []

    def follow() -> None:
        try:
            while not done.wait(_INTERVAL):
                sync(descriptor)
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=follow, name="hornbook-save", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if failed:
        raise failed[0]


def _resolved(target: Path) -> Path:
    """Return where links lead, also to a file that is not there yet."""
    path = Path(os.path.realpath(target))
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target))
    return path


def _stem(target: Path) -> str:
    """Return how temporary names of one target begin; short, however long its own name is."""
    return f".hornbook-{hashlib.blake2b(os.fsencode(target.name), digest_size=8).hexdigest()}-"


def _fresh(target: Path, suffix: str) -> Path:
    return target.with_name(f"{_stem(target)}{secrets.token_hex(8)}{suffix}")


def _unnamed(target: Path, mode: int) -> tuple[int, Path] | None:
    """Return an open file without a name, and the one to give it; `None` where there are no such files.

    Nobody has to clean up after a process that is killed while it writes.
    """
    if not (hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").is_dir()):
        return None
    try:
        descriptor = os.open(target.parent, _FLAGS | os.O_TMPFILE, mode)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return None
        raise
    _lock(descriptor)
    return descriptor, _fresh(target, _NEW)


def _give_name(descriptor: int, path: Path) -> None:
    # With a folder to start from, even if it is not used, Python follows the link.
    folder = os.open(path.parent, _FOLDER)
    try:
        os.link(f"/proc/self/fd/{descriptor}", path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _named(target: Path, mode: int) -> tuple[int, Path]:
    """Return an open file of a new name, and its path."""
    while True:
        path = _fresh(target, _NEW)
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, mode)
        _lock(descriptor)
        if _is_still(descriptor, path):
            return descriptor, path
        os.close(descriptor)  # taken for a left one before it was locked


def _named_folder(target: Path, mode: int) -> tuple[Path, int | None]:
    """Return the path of a new folder, and the descriptor that locks it where there are such."""
    while True:
        path = _fresh(target, _NEW)
        path.mkdir(mode)
        if fcntl is None:
            return path, None
        with suppress(FileNotFoundError):
            descriptor = os.open(path, _FOLDER)
            _lock(descriptor)
            if _is_still(descriptor, path):
                return path, descriptor
            os.close(descriptor)


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> None:
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: nothing is cleaned up there either
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _clean(target: Path) -> None:
    """Remove what is left of writings to `target` whose process is gone; put an old folder back."""
    stem = _stem(target)
    with suppress(OSError):
        for name in sorted(os.listdir(target.parent)):  # noqa: PTH208  names are all that is asked for
            if name.startswith(stem):
                _remove_left(target.parent / name, target)


def _remove_left(path: Path, target: Path) -> None:
    if fcntl is None:
        with suppress(OSError):
            path.unlink()
        return
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                path.unlink()
            elif path.suffix == _OLD and not target.exists():
                path.rename(target)
            else:
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _keep(descriptor: int, before: os.stat_result | None) -> None:
    """Give what is new the owner and the mode of what was there, as far as this user may."""
    if before is None or not hasattr(os, "fchown"):
        return
    mode = stat.S_IMODE(before.st_mode)
    try:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    except OSError:
        mode &= _PERMISSIONS  # no set-user-id for another owner
        with suppress(OSError):
            os.fchown(descriptor, -1, before.st_gid)
    os.fchmod(descriptor, mode)


def _keep_each(folder: Path, target: Path) -> None:
    """Put all files of a folder on the disk, with the modes and owners that they had in `target`."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir():
            _sync_folder(path)
            continue
        with path.open("r+b") as file:
            _keep(file.fileno(), _status(target / path.relative_to(folder)))
            os.fsync(file.fileno())


def _swap(folder: Path, target: Path) -> Path | None:
    """Give `folder` the name of `target`; return where the old folder is now."""
    old = None
    while True:
        try:
            folder.rename(target)
            return old
        except OSError:
            if not target.is_dir():
                if old is not None:
                    old.rename(target)
                raise
        if _exchanged(folder, target):
            return folder
        old = _fresh(target, _OLD)
        target.rename(old)


def _exchanged(first: Path, second: Path) -> bool:
    """Let two folders change places in one step, where the system can; return whether it did."""
    if sys.platform != "linux":
        return False
    import ctypes

    call = getattr(ctypes.CDLL(None), "renameat2", None)
    names = os.fsencode(first), os.fsencode(second)
    return call is not None and call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0


def _sync_folder(folder: Path) -> None:
    """Make new names last through a power cut, where folders can be synced.

    What is there is whole already, so a folder that cannot be is no failure.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        descriptor = os.open(folder, _FOLDER)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
