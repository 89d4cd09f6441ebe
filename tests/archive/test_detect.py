"""What a file is: a name for everything that people take for a model of Keras, at every door."""

from __future__ import annotations

import pytest
from tests import needs

import hornbook
from hornbook.archive.detect import HEAD, container_of, is_model_file

from .foreign_files import FILES, put


def load_weights(path):
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    return hornbook.load_weights(model, path)


DOORS = {
    "load_model": hornbook.load_model,
    "load_weights": load_weights,
    "read_config": hornbook.read_config,
    "inspect_model": hornbook.inspect_model,
    "audit": hornbook.audit,
    "check_upgrade": hornbook.check_upgrade,
    "fingerprint": hornbook.fingerprint,
}
# Files that some doors read, or find fault with.
READ = {
    "TF.js layers": ("read_config", "inspect_model", "check_upgrade", "fingerprint"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", FILES)
def test_a_foreign_file_is_named(what, door, tmp_path):
    """At every door the error names what it is and gives one thing to do."""
    if door == "load_weights" and not needs.KERAS:
        pytest.skip("needs a model of Keras 3, which is not here")
    make, word = FILES[what]
    path = put(tmp_path / "model", make())
    if door in READ.get(what, ()):
        DOORS[door](path)
        return
    try:
        report = DOORS[door](path)
    except hornbook.HornbookError as error:
        said, hint = error.problem, error.hint
    else:
        assert door == "audit", report
        said, hint = " ".join(one.message for one in report.findings), "a hint stands with the rule"
    assert word.lower() in said.lower(), said
    assert hint, said


def test_what_is_searched_for_is_what_is_opened():
    """A folder is searched for what begins like a model, by the same function that opens files."""
    for make, _ in FILES.values():
        data = make()
        if isinstance(data, bytes) and is_model_file(data[:HEAD]):
            assert container_of(data[:HEAD]).name in ("keras", "hdf5", "json")
