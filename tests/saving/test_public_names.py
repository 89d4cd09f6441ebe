"""The public names: one table, imported when they are asked for."""

from __future__ import annotations

import ast
import pickle
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import hornbook
from hornbook import saving


def names_of_type_checkers(module: str) -> dict[str, str]:
    """Return what the block of `TYPE_CHECKING` imports, with where from."""
    tree = ast.parse(Path(sys.modules[module].__file__).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    # Without `as`, strict type checkers take a name for a private one.
    return {name.asname: node.module for node in imports for name in node.names if name.name == name.asname}


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_type_checkers_see_what_the_table_has() -> None:
    """The block of imports beside the table is equal to it."""
    assert names_of_type_checkers("hornbook.saving") == saving.PUBLIC


def test_the_table_is_sorted_and_names_what_is_there() -> None:
    """Each name is that of a function or class that is defined in the module the table says."""
    assert list(saving.PUBLIC) == sorted(saving.PUBLIC)
    for name, module in saving.PUBLIC.items():
        value = getattr(saving, name)
        assert getattr(sys.modules[module], name) is value
        assert value.__module__ == module


def test_no_module_of_the_package_has_a_public_name() -> None:
    """An imported submodule becomes an attribute of its package, in the place of what has its name."""
    modules = {path.stem for path in Path(saving.__file__).parent.iterdir()}
    assert not modules & saving.PUBLIC.keys()
    assert not {path.stem for path in Path(hornbook.__file__).parent.iterdir()} & saving.PUBLIC.keys()


def test_dir_and_all_have_every_name_before_it_is_imported() -> None:
    """Completion in a console shows them."""
    code = (
        "import hornbook, hornbook.saving as saving\n"
        "assert set(saving.PUBLIC) <= set(dir(hornbook)) & set(dir(saving)) & set(hornbook.__all__)\n"
        "assert saving.__all__ == tuple(saving.PUBLIC)\n"
        "assert not vars(hornbook).keys() & saving.PUBLIC.keys()\n"
        "assert vars(hornbook).keys() < set(dir(hornbook))\n"
    )
    run(code)


def test_a_star_import_gives_every_name() -> None:
    """All of `__all__`, and `saving` has the same objects."""
    code = (
        "from hornbook import *\n"
        "import hornbook\n"
        "names = dict(globals())\n"
        "assert all(names[name] is getattr(hornbook, name) for name in hornbook.__all__)\n"
        "from hornbook.saving import *\n"
        "assert all(names[name] is globals()[name] for name in hornbook.saving.__all__)\n"
    )
    run(code)


def test_help_shows_the_functions() -> None:
    """Of the package and of its namespace `saving`."""
    for module in (hornbook, saving):
        text = pydoc.plain(pydoc.render_doc(module))
        assert all(f"{name}" in text for name in saving.PUBLIC)
        assert "Return the model of a file that any version of Keras wrote." in text


@pytest.mark.parametrize("name", saving.PUBLIC)
def test_a_public_object_can_be_pickled(name: str) -> None:
    """By its module and name."""
    value = getattr(hornbook, name)
    assert pickle.loads(pickle.dumps(value)) is value


def test_a_name_is_looked_up_once() -> None:
    """From then on it is an attribute as any other."""
    code = (
        "import hornbook\n"
        "first = hornbook.read_config\n"
        "assert vars(hornbook)['read_config'] is first\n"
        "assert vars(hornbook.saving)['read_config'] is first\n"
    )
    run(code)


@pytest.mark.parametrize("module", ["hornbook", "hornbook.saving"])
def test_a_name_that_is_not_there_is_an_attribute_error(module: str) -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nonsense'"):
        _ = sys.modules[module].nonsense
    with pytest.raises(ImportError, match="nonsense"):
        exec(f"from {module} import nonsense")


def test_modules_that_are_public_are_attributes() -> None:
    """Without an import of their own."""
    run("import hornbook; hornbook.errors, hornbook.policy, hornbook.saving, hornbook.legacy.tf2_9")


def test_importing_does_not_import_what_handles_files() -> None:
    """The registry is there, and nothing that reads or writes."""
    code = (
        "import sys, hornbook\n"
        "print(sorted(name for name in sys.modules if name.startswith(('hornbook.archive', 'hornbook.reports',"
        " 'hornbook.upgrading', 'hornbook.integrations.', 'hornbook.legacy')) or name in"
        " ('pathlib', 'tempfile', 'logging', 'inspect', 'json', 'importlib.metadata')))\n"
    )
    assert run(code) == "[]"
