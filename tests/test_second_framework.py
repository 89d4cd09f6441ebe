"""A framework beside Keras, by the public names alone: `examples/second_framework.py`."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hornbook
from hornbook import integrations
from hornbook.engine.registry import DEFAULT, current_registry
from hornbook.engine.session import judge
from hornbook.errors import ConfigError, RegistrationError, UntrustedReferenceError

EXAMPLE = Path(__file__).parents[1] / "examples" / "second_framework.py"


@pytest.fixture
def framework(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Yield the framework, registered in a registry that is in use."""
    monkeypatch.syspath_prepend(str(EXAMPLE.parent))
    module = importlib.import_module(EXAMPLE.stem)
    registry = integrations.Registry()
    integrations.register_integration(module.Blocks(), registry)
    with registry.use():
        yield module
    sys.modules.pop(EXAMPLE.stem, None)


def chain(*factors: Any) -> dict[str, Any]:
    """Return the config of scales in a row."""
    blocks = [{"module": "second_framework", "class_name": "Scale", "config": {"factor": one}} for one in factors]
    return {"module": "second_framework", "class_name": "Chain", "config": {"blocks": blocks}}


def test_it_imports_public_names_alone() -> None:
    """Those of `hornbook` and of `hornbook.integrations`, which say that they are public."""
    for node in ast.walk(ast.parse(EXAMPLE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hornbook"):
            assert node.module == "hornbook.integrations"
            assert {name.name for name in node.names} <= set(integrations.__all__)
        if isinstance(node, ast.Import):
            assert {name.name for name in node.names} <= {"sys", "hornbook"}


def test_it_runs() -> None:
    """In a process of its own, beside whatever else is installed."""
    environment = {**os.environ, "PYTHONPATH": str(Path(hornbook.__file__).parents[1])}
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "second_framework Chain 42.0\n`factor` must be a number, not 'much' - at `$.config.blocks[1].config.factor`\n"
    )


def test_its_objects_are_written_by_the_names_that_it_exports(framework: ModuleType) -> None:
    """And come back; a subclass of the user's has a name of its own."""
    config = hornbook.serialize_keras_object(framework.Chain([framework.Scale(2.0)]))
    assert (config["module"], config["class_name"], config["registered_name"]) == ("second_framework", "Chain", None)
    assert hornbook.deserialize_keras_object(config)(2.0) == 4.0


def test_a_name_of_an_older_package_is_that_of_the_framework(framework: ModuleType) -> None:
    """An alias counts before the framework is in use."""
    config = {"module": "old_framework.blocks", "class_name": "Scale", "config": {"factor": 3.0}}
    assert type(hornbook.deserialize_keras_object(config)) is framework.Scale


def test_what_is_not_in_its_catalogue_cannot_be_named(framework: ModuleType) -> None:
    """Though the module has it."""
    config = {"module": "second_framework", "class_name": "Block", "config": {}}
    with pytest.raises(UntrustedReferenceError, match=r"second_framework\.Block.*not in the catalogue"):
        hornbook.deserialize_keras_object(config)


@pytest.mark.usefixtures("framework")
def test_its_rules_hold_before_anything_is_made() -> None:
    """For reading, and for judging without it."""
    with pytest.raises(ConfigError, match=r"must be a number.*\$\.config\.blocks\[1\]\.config\.factor"):
        hornbook.deserialize_keras_object(chain(1.0, "much"))
    assert [(one.rule, one.place) for one in judge(chain("much"))] == [("argument", "$.config.blocks[0].config.factor")]
    assert [one.rule for one in judge(chain()["config"] | chain(1.0), kinds={"block"})] == ["kind"]


def test_a_class_of_the_users_has_the_kind_of_its_base(framework: ModuleType) -> None:
    """It may stand where a block is expected, and what is of another kind may not."""

    class Twice(framework.Scale):  # type: ignore[misc,name-defined]
        pass

    own = {"module": None, "class_name": "Twice", "config": {"factor": 2.0}, "registered_name": "Twice"}
    config = {"module": "second_framework", "class_name": "Chain", "config": {"blocks": [own]}}
    assert hornbook.deserialize_keras_object(config, custom_objects={"Twice": Twice})(1.0) == 2.0


def test_it_is_of_its_registry_alone(framework: ModuleType) -> None:
    """Another registry does not know it."""
    scale = integrations.Reference("class", "Scale", framework.__name__, None)
    assert current_registry().integrations.kind(scale) == "block"
    assert DEFAULT.integrations.kind(scale) is None


def test_what_is_no_integration_is_not_registered(framework: ModuleType) -> None:
    """Nor is a second one for a root that is in use."""
    registry = integrations.Registry()
    for wrong in (object(), integrations.Integration()):
        with pytest.raises(RegistrationError):
            integrations.register_integration(wrong, registry)  # type: ignore[arg-type]
    integrations.register_integration(framework.Blocks(), registry)
    integrations.register_integration(framework.Blocks(), registry)
    registry.integrations.activate_loaded()
    with pytest.raises(RegistrationError, match="in use"):
        integrations.register_integration(framework.Blocks(), registry)
