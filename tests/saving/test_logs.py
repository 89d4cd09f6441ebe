"""Progress of long work goes to the logger `hornbook`, and nowhere by default."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import hornbook

WORK = ("save_model", "load_model", "load_weights", "audit", "fingerprint", "upgrade_file")


def model() -> Any:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])


def do_all(folder: Path) -> Path:
    """Do each kind of work once, and return the file."""
    path = folder / "model.keras"
    hornbook.save_model(model(), path)
    hornbook.load_weights(hornbook.load_model(path), path)
    hornbook.audit(path)
    hornbook.fingerprint(path)
    hornbook.upgrade_file(path, folder / "new.keras")
    return path


def ends(caplog: pytest.LogCaptureFixture, path: Path) -> dict[str, str]:
    """Return what the INFO records say of a file, by the function that did it."""
    found = [one.getMessage() for one in caplog.records if one.name == "hornbook" and one.levelno == logging.INFO]
    split = [re.fullmatch(rf"(\w+) {re.escape(str(path))}: (.*)", text) for text in found]
    return {one[1]: one[2] for one in split if one}


def test_the_end_of_long_work_is_told_with_file_bytes_and_seconds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One record for each call, at INFO."""
    caplog.set_level(logging.INFO, "hornbook")
    path = do_all(tmp_path)
    told = ends(caplog, path)
    assert set(told) == set(WORK)
    for text in told.values():
        assert re.fullmatch(rf"{path.stat().st_size} bytes in \d+\.\d{{3}} s", text)


def test_the_steps_are_told_at_debug(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """So one sees what a load is waiting for."""
    caplog.set_level(logging.DEBUG, "hornbook")
    do_all(tmp_path)
    told = " ".join(one.getMessage() for one in caplog.records if one.levelno == logging.DEBUG)
    for step in ("begins", "config written", "weights written", "config judged", "built", "weights read"):
        assert step in told


def test_work_that_fails_is_told_with_the_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hornbook")
    with pytest.raises(hornbook.HornbookError):
        hornbook.load_model(tmp_path / "none.keras")
    assert ends(caplog, tmp_path / "none.keras")["load_model"].startswith("ArchiveNotFoundError after")


def test_a_folder_and_a_file_object_are_told_as_well(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of a folder all bytes, of a file object its class."""
    caplog.set_level(logging.INFO, "hornbook")
    folder = tmp_path / "folder"
    hornbook.save_model(model(), folder, zipped=False)
    hornbook.save_model(model(), io.BytesIO())
    size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    assert ends(caplog, folder)["save_model"].startswith(f"{size} bytes in")
    assert caplog.records[-1].getMessage().startswith("save_model BytesIO: done in")


def test_a_name_cannot_make_a_second_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file may be called anything; a log is read line by line."""
    caplog.set_level(logging.INFO, "hornbook")
    hornbook.save_model(model(), tmp_path / "a\nINFO b.keras")
    assert all("\n" not in one.getMessage() for one in caplog.records)
    assert r"a\nINFO b.keras" in caplog.records[-1].getMessage()


def test_it_is_silent_by_default(tmp_path: Path) -> None:
    """Nothing is printed, the root logger is left alone, and `import hornbook` imports no logging."""
    code = (
        "import sys, hornbook\n"
        "assert 'logging' not in sys.modules\n"
        "hornbook.audit(sys.argv[1])\n"
        "import logging\n"
        "assert logging.getLogger().handlers == []\n"
        "assert [type(one) for one in logging.getLogger('hornbook').handlers] == [logging.NullHandler]\n"
        "assert logging.getLogger('hornbook').level == logging.NOTSET\n"
    )
    hornbook.save_model(model(), tmp_path / "m.keras")
    command = [sys.executable, "-c", code, str(tmp_path / "m.keras")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_is_looked_at_while_it_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a name nor a size is made for records that nobody wants."""
    from hornbook import logs

    for name in ("_name", "_size"):
        monkeypatch.delattr(logs, name)
    loaded = do_all(tmp_path)
    assert np.isfinite(hornbook.load_model(loaded).get_weights()[0]).all()
