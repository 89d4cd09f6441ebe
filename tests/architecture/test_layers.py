"""The layers of the house, and what only one module may do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import layers
import pytest
import sources
from sources import layer_of, relative, tree_of
from tests import needs

import hornbook

SOURCE = Path(hornbook.__file__).parent
MODULES = sources.modules()
# What looks up from where it stands, and has yet to be taken apart.
NOT_YET: set[tuple[str, str]] = set()
# What occurs in exactly one module, and in which.
ALONE = {
    r"\bmarshal\.loads?\b": "engine/code.py",
    r"\b(import|from) pickle\b|\bpickle\.": None,
    r"\bimport_module\b": "cli/upgrade.py",  # a module that the caller names
    r"\b(exec|eval)\(": None,
    r"[\"']from_config[\"']|\.from_config\(": "engine/construct.py",
    r"__code__ =": "integrations/divert.py",
    r"\bextractall\(|\.extract\(": None,
}


def code_of(path: Path) -> str:
    """Return the source without docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_layer_imports_only_what_stands_below(path: Path) -> None:
    """The command line knows everything, errors know nothing."""
    assert set(sources.violations(sources.imports(path))) <= NOT_YET


def test_every_module_stands_in_a_layer() -> None:
    """A new folder beside the others has a place among them."""
    assert {layer_of(relative(path)) for path in MODULES} <= {*sources.RANKS, "__init__"}


def test_the_picture_is_that_of_the_code() -> None:
    """`docs/layers.svg` shows these layers and what each imports."""
    assert layers.TARGET.read_text(encoding="utf-8") == layers.picture(), "run scripts/layers.py"


@pytest.mark.parametrize("pattern", ALONE)
def test_what_is_dangerous_is_done_in_one_module(pattern: str) -> None:
    """Each gate is the only place of its kind."""
    found = [relative(path) for path in MODULES if re.search(pattern, code_of(path))]
    assert found == ([] if ALONE[pattern] is None else [ALONE[pattern]])


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_module_has_state_of_its_own(path: Path) -> None:
    """But for the default registry and the context variables nothing at module level changes."""
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Global), "a `global` statement"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"a bare `except` in line {node.lineno}"


def changed_names(path: Path) -> set[str]:
    """Return names of module level that a function of the module stores into."""
    tree = tree_of(path)
    top = {
        target.id
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    changed = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
                base = node.value
                if isinstance(base, ast.Name) and base.id in top:
                    changed.add(base.id)
    return changed


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_no_function_stores_into_a_table_of_its_module(path: Path) -> None:
    """Tables at module level are constants."""
    assert not changed_names(path)


def test_importing_hornbook_imports_no_framework() -> None:
    """Neither NumPy nor h5py nor a framework nor the packages of the command line."""
    heavy = {"numpy", "h5py", "keras", "torch", "jax", "tensorflow", "click", "rich"}
    code = f"import hornbook, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@needs.keras
def test_importing_hornbook_patches_nothing() -> None:
    """Keras' functions are its own until a scope or a reading of ours opens."""
    code = (
        "import keras, hornbook\n"
        "before = keras.saving.deserialize_keras_object.__code__\n"
        "import hornbook.saving, hornbook.integrations.keras3\n"
        "assert keras.saving.deserialize_keras_object.__code__ is before\n"
        "with hornbook.custom_object_scope({}): pass\n"
        "assert keras.saving.deserialize_keras_object.__code__ is not before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_two_namespaces_hand_out_the_same_objects() -> None:
    """`hornbook.saving` has every public function of `hornbook`."""
    for name in hornbook.saving.__all__:
        assert getattr(hornbook, name) is getattr(hornbook.saving, name)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """A module has a docstring."""
    assert ast.get_docstring(tree_of(path))


def test_a_package_is_marked_as_typed() -> None:
    """Type checkers of users read our annotations."""
    assert (SOURCE / "py.typed").is_file()
