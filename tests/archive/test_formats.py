"""Weight formats and containers of others: registered in one call, then at every door."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests import needs

import hornbook
from hornbook import opening
from hornbook.archive.formats import BUILT_IN
from hornbook.engine.registry import Registry, current_registry
from hornbook.errors import ArchiveError, ConfigError, LimitError, RegistrationError, WeightsError
from hornbook.extending import (
    Container,
    MemberArchive,
    WeightFormat,
    register_container,
    register_weight_format,
)
from hornbook.reports.searching import models_below

EXAMPLES = Path(__file__).parents[2] / "examples"
MEMBER = "model.weights.tensors"


@pytest.fixture
def example(monkeypatch):
    """Give the example of the documents, its format registered as long as the test lasts."""
    pytest.importorskip("numpy")
    monkeypatch.syspath_prepend(EXAMPLES)
    module = importlib.import_module("weight_format")
    register_weight_format(module.Tensors())
    yield module
    current_registry().extensions(opening.WEIGHT_FORMATS, WeightFormat).unregister("tensors")


@pytest.fixture
def model():
    """Return a compiled model that was trained, with a seed generator and layers in a dict."""
    keras = pytest.importorskip("keras", minversion="3.0")
    np = pytest.importorskip("numpy")

    class Towers(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.towers = {"left": keras.layers.Dense(2), "right": keras.layers.Dense(2)}

        def build(self, shape):
            for tower in self.towers.values():
                tower.build(shape)

        def call(self, x):
            return self.towers["left"](x) + self.towers["right"](x)

    made = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5, seed=3), Towers(), keras.layers.Dense(1)])
    made.compile("adam", "mse")
    made.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    with hornbook.custom_object_scope({"Towers": Towers}):
        yield made


def same(model, other) -> bool:
    import numpy as np

    variables = [[*one.variables, *one.optimizer.variables] for one in (model, other)]
    return len(variables[0]) == len(variables[1]) and all(
        (np.asarray(mine) == np.asarray(its)).all() for mine, its in zip(*variables, strict=True)
    )


def saved(model, path: Path, **options) -> Path:
    hornbook.save_model(model, path, weight_format="tensors", **options)
    return path


@needs.keras
@pytest.mark.parametrize("zipped", [True, False])
def test_a_model_is_saved_and_loaded_in_another_format(example, model, tmp_path, zipped):
    """With its optimizer, and again in the place of the first."""
    path = saved(model, tmp_path / "model.keras", zipped=zipped)
    assert same(model, hornbook.load_model(path))
    first = path.read_bytes() if zipped else (path / MEMBER).read_bytes()
    saved(model, path, zipped=zipped)
    assert first == (path.read_bytes() if zipped else (path / MEMBER).read_bytes())
    names = zipfile.ZipFile(path).namelist() if zipped else [one.name for one in path.iterdir()]
    assert sorted(names) == ["config.json", "metadata.json", MEMBER]


@needs.keras
def test_another_format_is_inspected_audited_and_hashed_as_the_built_in_one(example, model, tmp_path):
    """Reports ask an archive, not a format."""
    path = saved(model, tmp_path / "model.keras")
    hornbook.save_model(model, tmp_path / "usual.keras")
    mine, usual = (hornbook.inspect_model(tmp_path / name) for name in ("model.keras", "usual.keras"))
    assert (mine.parameters, mine.training_bytes) == (usual.parameters, usual.training_bytes)
    assert mine.objects == usual.objects
    assert not hornbook.audit(path).findings
    assert hornbook.fingerprint(path) == hornbook.fingerprint(model) == hornbook.fingerprint(tmp_path / "usual.keras")


@needs.keras
def test_weights_alone_are_known_by_their_content(example, model, tmp_path):
    """They are searched for and loaded, and are told what they are not."""
    path = tmp_path / "weights"
    with zipfile.ZipFile(saved(model, tmp_path / "model.keras")) as archive:
        path.write_bytes(archive.read(MEMBER))
    copy = hornbook.load_model(tmp_path / "model.keras")
    for variable in copy.variables:
        variable.assign(variable * 0)
    assert hornbook.load_weights(copy, path).matched
    assert same(model, copy)
    assert path in models_below(tmp_path)
    with pytest.raises(ArchiveError, match="weights and no architecture"):
        hornbook.load_model(path)


@needs.keras
def test_what_is_not_registered_is_not_read(example, model, tmp_path):
    """An archive has no weights then; a file of the layout has the name that people know."""
    path = saved(model, tmp_path / "model.keras")
    with zipfile.ZipFile(path) as archive:
        (tmp_path / "weights").write_bytes(archive.read(MEMBER))
    current_registry().extensions(opening.WEIGHT_FORMATS, WeightFormat).unregister("tensors")
    with pytest.raises(WeightsError, match="no weights"):
        hornbook.load_model(path)
    with pytest.raises(ArchiveError, match="safetensors"):
        hornbook.load_weights(model, tmp_path / "weights")


def tensors(header, data: bytes = b"\0" * 8) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(shape, begin=0, end=8, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


BAD = {
    "nothing": b"",
    "cut off": b"\x40\0\0\0\0\0\0\0{}",
    "a header longer than the file": (1 << 60).to_bytes(8, "little") + b"{}",
    "no object": tensors([]),
    "one key twice": tensors(b'{"a": 1, "a": 2}'),
    "no JSON": tensors(b"{"),
    "a terabyte": tensors({"vars/0": entry([1 << 38], 0, 1 << 40)}),
    "a terabyte in eight bytes": tensors({"vars/0": entry([1 << 38])}),
    "a shape of nothing that cannot be": tensors({"vars/0": entry([0, 1 << 60], 0, 0)}, b""),
    "a rank that cannot be": tensors({"vars/0": entry([1] * 64, 0, 4)}, b"\0" * 4),
    "less than its shape": tensors({"vars/0": entry([3])}),
    "a negative size": tensors({"vars/0": entry([-1, -2])}),
    "a size that is no number": tensors({"vars/0": entry([True, 2])}),
    "a shape that is no list": tensors({"vars/0": entry("2")}),
    "one offset": tensors({"vars/0": {**entry([2]), "data_offsets": [0]}}),
    "an overlap": tensors({"a": entry([2]), "b": entry([2])}),
    "a gap": tensors({"a": entry([1], 4, 8)}),
    "offsets the other way": tensors({"a": entry([2]), "b": entry([0], 8, 4)}),
    "more behind": tensors({"a": entry([1], 0, 4)}),
    "an unknown dtype": tensors({"a": entry([2], dtype="F31")}),
    "a dtype that is none": tensors({"a": entry([2], dtype=[])}),
    "a key too many": tensors({"a": {**entry([2]), "file": "/etc/passwd"}}),
    "no entry": tensors({"a": 3}),
    "a path that leads up": tensors({"../a": entry([2])}),
    "a path from the root": tensors({"/a": entry([2])}),
    "an array that is a group": tensors({"a": entry([1], 0, 4), "a/b": entry([1], 4, 8)}),
    "a path too deep": tensors({"a/" * 300 + "b": entry([2])}),
    "metadata that are none": tensors({"__metadata__": [], "a": entry([2])}),
    "metadata of numbers": tensors({"__metadata__": {"name a": 1}, "a": entry([2])}),
    "a label that leads up": tensors({"__metadata__": {"name ../a": "x"}, "a": entry([2])}),
}


@pytest.mark.parametrize("what", BAD)
def test_what_the_example_does_not_understand_it_refuses(example, what, tmp_path):
    """Before anything is allocated, at every door alike."""
    with pytest.raises((ArchiveError, LimitError)):
        [*example.Tensors().open(io.BytesIO(BAD[what]), "file", hornbook.Limits()).checked()]
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": []}}))
        archive.writestr(MEMBER, BAD[what])
    assert {one.rule for one in hornbook.audit(path).findings} & {"container", "limit"}
    with pytest.raises((ArchiveError, LimitError)):
        hornbook.inspect_model(path)


def test_too_long_a_header_is_refused(example):
    """It is a config as others are."""
    with pytest.raises(LimitError, match="more than 4 bytes"):
        example.Tensors().open(io.BytesIO(tensors({"a": entry([2])})), "file", hornbook.Limits(config_bytes=4))


def test_too_many_arrays_are_refused(example):
    """As in every format."""
    file = io.BytesIO(tensors({"a": entry([1], 0, 4), "b": entry([1], 4, 8)}))
    with pytest.raises(LimitError, match="more than 1 arrays"):
        example.Tensors().open(file, "file", hornbook.Limits(arrays=1))


def test_a_dtype_that_the_example_lacks_is_refused_when_it_is_written(example):
    """Not when it is read."""
    import numpy as np

    writer = example.Tensors().create(io.BytesIO(), np.asarray)
    writer.make("", None)["0"] = np.zeros(2, complex)
    with pytest.raises(hornbook.HornbookError, match="complex128"):
        writer.close()


@needs.keras
def test_an_unknown_weight_format_is_refused_with_the_known_ones(model, tmp_path):
    """Before the target is touched."""
    with pytest.raises(ConfigError, match="hdf5"):
        hornbook.save_model(model, tmp_path / "model.keras", weight_format="npz")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("what", [3, type("Nameless", (WeightFormat,), {})(), Container()])
def test_what_is_no_format_is_not_registered(what):
    """Nor what has no name."""
    for register in (register_weight_format, register_container):
        with pytest.raises(RegistrationError):
            register(what)


def test_a_container_is_no_weight_format():
    """A table has one class."""
    with pytest.raises(RegistrationError):
        register_weight_format(Tar())


class TarArchive(MemberArchive):
    format = "tar"

    def __init__(self, file, opening):
        super().__init__(opening)
        try:
            self._tar = tarfile.open(fileobj=file)  # noqa: SIM115  as long as the archive
        except tarfile.TarError as error:
            raise ArchiveError("The archive is damaged", place=self.name) from error

    def members(self):
        return {member.name: member.size for member in self._tar.getmembers() if member.isfile()}

    def has_member(self, name):
        return name in self.members()

    def member(self, name, at_most):
        return self.open_member(name).read(at_most) if self.has_member(name) else None

    def open_member(self, name):
        return self._tar.extractfile(name)

    def names(self):
        return self.members()


class Tar(Container):
    name = "tar"

    def recognizes(self, head):
        return head[257:262] == b"ustar"

    def open(self, file, opening):
        return TarArchive(file, opening)


@pytest.fixture
def tar():
    register_container(Tar())
    yield
    current_registry().extensions(opening.CONTAINERS, Container).unregister("tar")


def put_tar(source: Path, target: Path) -> Path:
    with zipfile.ZipFile(source) as archive, tarfile.open(target, "w") as made:
        for name in archive.namelist():
            info = tarfile.TarInfo(name)
            info.size = len(archive.read(name))
            made.addfile(info, io.BytesIO(archive.read(name)))
    return target


@needs.keras
def test_a_container_of_others_is_read(tar, example, model, tmp_path):
    """Whatever the weights in it are."""
    hornbook.save_model(model, tmp_path / "usual.keras")
    for source in (saved(model, tmp_path / "model.keras"), tmp_path / "usual.keras"):
        path = put_tar(source, tmp_path / "model.tar")
        assert same(model, hornbook.load_model(path))
        assert hornbook.inspect_model(path).format == "tar"
        assert hornbook.fingerprint(path) == hornbook.fingerprint(model)
        assert path in models_below(tmp_path)


def test_a_container_without_a_config_is_told_what_it_is(tar, tmp_path):
    """As a built-in one is."""
    with tarfile.open(tmp_path / "model.tar", "w") as made:
        made.addfile(tarfile.TarInfo("archive/data.pkl"))
    with pytest.raises(ArchiveError, match="PyTorch"):
        hornbook.read_config(tmp_path / "model.tar")


class Marked(Container):
    name = "marked"

    def recognizes_folder(self, folder):
        return (folder / "marked").exists()

    def open_folder(self, folder, opening):
        return next(iter(BUILT_IN.containers)).open_folder(folder / "inner", opening)


def test_a_folder_of_others_is_read_and_searched_as_one_model(tmp_path):
    """It is asked for after the built-in ones."""
    inner = tmp_path / "models" / "one" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / "marked").touch()
    (inner / "config.json").write_text('{"class_name": "Sequential", "config": {"layers": []}}')
    with Registry().use():
        register_container(Marked())
        assert hornbook.read_config(inner.parent)["class_name"] == "Sequential"
        assert [*models_below(tmp_path / "models")] == [inner.parent]
    assert inner.parent not in models_below(tmp_path / "models")


def test_a_container_reads_nothing_that_it_does_not_say():
    """The base recognizes nothing."""
    base = Container()
    assert not base.recognizes(b"")
    assert not base.is_model(Path())
    assert base.describe(io.BytesIO()) is None
    for call in (base.open, base.open_folder):
        with pytest.raises(NotImplementedError):
            call(None, None)
    unwritten = WeightFormat()
    for call in (
        lambda: unwritten.recognizes(b""),
        lambda: unwritten.open(None, "", None),
        lambda: unwritten.create(None, None),
    ):
        with pytest.raises(NotImplementedError):
            call()


class Point:
    def __init__(self, name, value):
        self.name, self.value = name, value

    def load(self):
        return self.value


def test_packages_add_by_entry_points(example, monkeypatch, tmp_path):
    """They are loaded when no built-in format fits, and never before."""
    points = {opening.WEIGHT_FORMATS: [Point("tensors", example.Tensors())], opening.CONTAINERS: [Point("tar", Tar())]}
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points.get(group, ()))
    with Registry().use():
        formats = opening.current_formats()
        assert formats.weight_format("tensors").suffix == "tensors"
        built_in = ["keras", "hdf5", "json", "savedmodel", "checkpoint", "tfjs"]
        assert [one.name for one in formats.containers] == [*built_in, "tar", "tensors"]
    points[opening.WEIGHT_FORMATS] = [Point("tensors", object())]
    with Registry().use(), pytest.raises(RegistrationError, match="WeightFormat"):
        opening.current_formats().weight_format("tensors")


def test_registries_know_nothing_of_the_formats_of_each_other(example):
    """They live side by side."""
    with Registry().use(), pytest.raises(ConfigError):
        opening.current_formats().weight_format("tensors")
    assert opening.current_formats().weight_format("tensors")


def test_the_example_of_the_documents_is_found(tmp_path):
    """And has public names alone."""
    text = (EXAMPLES / "weight_format.py").read_text(encoding="utf-8")
    shutil.copy(EXAMPLES / "weight_format.py", tmp_path)
    imported = {line.split()[1] for line in text.splitlines() if line.startswith("from hornbook")}
    assert imported == {"hornbook.errors", "hornbook.extending"}
