"""Models of a framework that is not Keras: saved and loaded by the public functions, without Keras."""

from __future__ import annotations

import json
import sys
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import hornbook
from hornbook.engine.builtins import Integration, Recognized
from hornbook.engine.plugins import Integrations
from hornbook.engine.registry import Registry
from hornbook.errors import ConfigError, MissingDependencyError, UnbuiltModelWarning, WeightsError
from hornbook.frameworks import lookup
from hornbook.frameworks.models import Models
from hornbook.saving.host import Saving


class Net:
    """A model of the framework: a name, and arrays by number."""

    def __init__(self, name: str, units: int = 2) -> None:
        self.name = name
        self.units = units
        self.built = True
        self.arrays = {"0": np.zeros((units,), "float32")}

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "units": self.units}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Net:
        return cls(**config)


Net.__module__ = "tinynet.nets"


class TinyModels(Models):
    root = "tinynet"

    def version(self) -> str:
        return "0.3"

    def is_model(self, value: Any) -> bool:
        return isinstance(value, Net)

    def to_numpy(self, value: Any) -> Any:
        return np.asarray(value)

    def save_state(self, model: Any, weights: Any, assets: Any) -> None:
        weights.make("", model.name).update(model.arrays)

    def load_state(self, model: Any, archive: Any, *, strict: bool) -> None:
        stored = archive.by_path().get("")
        for name, array in model.arrays.items():
            if name not in stored or stored[name].shape != array.shape:
                raise WeightsError(f"`{name}` does not fit", place=archive.name)
            array[...] = stored[name]


class Tiny(Integration):
    root = "tinynet"
    models = TinyModels()
    file_kinds = frozenset({"net"})

    def recognize(self, target: Any) -> Recognized | None:
        return Recognized("net") if isinstance(target, type) and issubclass(target, Net) else None


class Point(NamedTuple):
    """As an entry point."""

    name: str
    integration: Integration

    def load(self) -> Integration:
        return self.integration


def registry_of(*integrations: Integration) -> Registry:
    registry = Registry()
    points = [Point(integration.root, integration) for integration in integrations]
    registry.integrations = Integrations(registry.codecs, lambda: points)
    return registry


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setitem(sys.modules, "tinynet", types.ModuleType("tinynet"))
    registry = registry_of(Tiny())
    with registry.use():
        hornbook.register_keras_serializable("tinynet")(Net)
        yield registry


def net() -> Net:
    model = Net("small", 3)
    model.arrays["0"][...] = [1, 2, 3]
    return model


def test_a_model_is_saved_and_loaded(registry: Registry, tmp_path: Path) -> None:
    """Its config, its arrays, and the version of its framework."""
    path = tmp_path / "net.keras"
    hornbook.save_model(net(), path)
    loaded = hornbook.load_model(path)
    assert type(loaded) is Net
    assert (loaded.name, loaded.arrays["0"].tolist()) == ("small", [1, 2, 3])
    with zipfile.ZipFile(path) as archive:
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["tinynet_version"] == "0.3"
    assert "keras_version" not in metadata


def test_weights_alone_a_fingerprint_and_a_check(registry: Registry, tmp_path: Path) -> None:
    """The defaults of `Models` are enough for all of them."""
    path = tmp_path / "net.keras"
    hornbook.save_model(net(), path, check=True)
    other = Net("other", 3)
    assert hornbook.load_weights(other, path).matched == ()
    assert other.arrays["0"].tolist() == [1, 2, 3]
    assert hornbook.fingerprint(net()) == hornbook.fingerprint(path)
    assert hornbook.check(net()).ok
    made = hornbook.model_from_config(hornbook.serialize_keras_object(net()))
    assert made.arrays["0"].tolist() == [0, 0, 0]


def test_what_does_not_fit_is_the_error_of_the_framework(registry: Registry, tmp_path: Path) -> None:
    """As it was raised, with the file."""
    path = tmp_path / "net.keras"
    hornbook.save_model(net(), path)
    with pytest.raises(WeightsError, match=r"`0` does not fit - at `net\.keras`"):
        hornbook.load_weights(Net("larger", 4), path)
    unbuilt = Net("unbuilt")
    unbuilt.built = False
    with pytest.raises(WeightsError, match="not built"):
        hornbook.load_weights(unbuilt, path)
    with pytest.warns(UnbuiltModelWarning, match="no weights for it"):
        hornbook.save_model(unbuilt, tmp_path / "unbuilt.keras")


def test_what_is_of_no_framework_is_refused(registry: Registry, tmp_path: Path) -> None:
    """Whatever is asked of it."""
    for call in (
        lambda: hornbook.save_model(object(), tmp_path / "x.keras"),
        lambda: hornbook.load_weights(object(), tmp_path / "x.keras"),
        lambda: hornbook.fingerprint(object()),
    ):
        with pytest.raises((ConfigError, hornbook.errors.ArchiveError)):
            call()
    with pytest.raises(ConfigError, match="This is not a model"):
        hornbook.save_model(object(), tmp_path / "x.keras")


def test_two_frameworks_side_by_side(registry: Registry, tmp_path: Path) -> None:
    """A config of a class of the user's belongs to the framework of its base, whichever comes first."""

    class Other(Models):
        root = "othernet"

        def is_model(self, value: Any) -> bool:
            return False

    class OtherNet(Integration):
        root = "othernet"
        models = Other()

    path = tmp_path / "net.keras"
    hornbook.save_model(net(), path)
    both = registry_of(OtherNet(), Tiny())
    sys.modules["othernet"] = types.ModuleType("othernet")
    try:
        with both.use():
            loaded = hornbook.load_model(path, {"Net": Net, "tinynet>Net": Net})
            assert [one.root for one in both.integrations.active] == ["othernet", "tinynet"]
            assert loaded.arrays["0"].tolist() == [1, 2, 3]
            own = type("Own", (Net,), {"__module__": "mine"})
            own_path = tmp_path / "own.keras"
            model = own("own", 3)
            model.arrays["0"][...] = 7
            with both.use():
                hornbook.save_model(model, own_path)
                assert hornbook.load_model(own_path, {"Own": own}).arrays["0"].tolist() == [7, 7, 7]
    finally:
        del sys.modules["othernet"]


def test_without_any_framework_that_has_models_there_is_one_error(tmp_path: Path) -> None:
    """Which says so; a framework whose package is missing is named."""
    with registry_of().use(), pytest.raises(MissingDependencyError, match="no integration of a framework"):
        hornbook.save_model(net(), tmp_path / "x.keras")

    class Absent(Integration):
        root = "a_package_that_is_not_there"
        models = TinyModels()

    with registry_of(Absent()).use(), pytest.raises(MissingDependencyError, match="a_package_that_is_not_there"):
        hornbook.save_model(object(), tmp_path / "x.keras")


def test_a_config_with_names_of_wrong_types_is_left_to_the_reading() -> None:
    """Which framework it belongs to is asked before it is judged."""
    for config in (None, [], {"module": 3}, {"class_name": ["a"], "config": {}, "module": {}}):
        assert lookup._root(config) is None
        assert lookup._class_of(config, None) is None  # type: ignore[arg-type]


def test_what_an_author_has_to_write_says_so() -> None:
    """The other methods have defaults."""
    models = Models()
    for call in (
        models.version,
        lambda: models.is_model(0),
        lambda: models.save_state(0, None, None),  # type: ignore[arg-type]
        lambda: models.load_state(0, None, strict=True),  # type: ignore[arg-type]
        lambda: models.to_numpy(0),
    ):
        with pytest.raises(NotImplementedError):
            call()
    tiny = TinyModels()
    assert tiny.is_saveable(net())
    assert tiny.is_compiled(net())
    assert tiny.bytes_of(net()) == 0
    assert tiny.arrays(3) is None
    assert list(tiny.parts("x")) == [""]
    assert tiny.view([1]).tolist() == [1]
    assert tiny.own_attributes(net())["name"] == "small"
    with tiny.unset_variables() as unset:
        unset.end(None)


def test_a_registry_may_have_a_host_of_its_own() -> None:
    """Every other one has that of the package."""
    assert isinstance(Registry().host, Saving)
    own = Saving()
    assert Registry(own).host is own
