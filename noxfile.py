"""The suite in the environments that users have: other Kerases, backends, Pythons, and none of them.

`make matrix` runs every cell and writes its rows into docs/compatibility.md;
`make matrix CELL=torch` runs one.  What stands after `--` goes to pytest, and
then no row is written: a part of the suite says nothing of a cell.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import nox

nox.options.default_venv_backend = "virtualenv"


class Cell(NamedTuple):
    """One environment.

    Attributes:
        python: The version of Python.
        requirements: What is installed beside the tests.
        backend: The backend of Keras.
        without: What the suite is to do without, of what its modules import.
    """

    python: str
    requirements: tuple[str, ...]
    backend: str = "jax"
    without: tuple[str, ...] = ()


COMMAND_LINE = (".[cli]",)
JAX = (".[keras,cli]",)
NEWEST = "keras==3.15.1"
# What pyproject.toml allows.
LOWEST = ("keras==3.6.0", "jax[cpu]==0.4.20", "h5py==3.10.0", "numpy==1.26.0", "click==8.1.0", "rich==13.0.0")

CELLS = {
    # JAX 0.6.1 lacks `spmd_mode`, which `fit` of Keras up to 3.9 calls.
    "keras-3.6": Cell("3.11", (*JAX, "keras==3.6.0", "jax<0.6.1")),
    "keras-3.9": Cell("3.11", (*JAX, "keras==3.9.2", "jax<0.6.1")),
    "keras-3.12": Cell("3.11", (*JAX, "keras==3.12.0")),
    "keras-3.15": Cell("3.11", (*JAX, NEWEST)),
    "python-3.10": Cell("3.10", JAX),  # the newest Keras that there is for it: since 3.13 it asks for Python 3.11
    "python-3.12": Cell("3.12", (*JAX, NEWEST)),
    "python-3.13": Cell("3.13", (*JAX, NEWEST)),
    "python-3.14": Cell("3.14", (*JAX, NEWEST)),
    # One release of torch: it is a large one.
    "torch": Cell("3.11", (".[h5,cli]", NEWEST, "torch==2.13.0"), backend="torch"),
    "tensorflow": Cell("3.11", (".[h5,cli]", NEWEST, "tensorflow-cpu"), backend="tensorflow"),
    "lowest": Cell("3.10", (*JAX, *LOWEST)),
    "core-3.10": Cell("3.10", COMMAND_LINE, without=("keras", "numpy", "h5py")),
    "core-3.13": Cell("3.13", COMMAND_LINE, without=("keras", "numpy", "h5py")),
    # Keras 2 is there, under the name of Keras 3.
    "tf-2.15": Cell("3.11", (*COMMAND_LINE, "tensorflow-cpu==2.15.1"), without=("keras",)),
    "tf-2.9": Cell("3.10", (*COMMAND_LINE, "tensorflow-cpu==2.9.3", "numpy<2"), without=("keras",)),
}

# What CI runs beside the whole suite.  Other releases of Keras differ in what
# is diverted, in what is written and in how arrays are placed, so of Keras 3.6
# it takes the folders that go through Keras' own functions and whole models; a
# reader of bytes is the same with every Keras.
SHARE = {
    "keras-3.6": (
        *("tests/install", "tests/saving", "tests/defects", "tests/documents", "tests/fast"),
        *("tests/test_readme.py", "tests/test_examples.py"),
        *(
            "--ignore=tests/saving/test_seed_generators.py",
            "--ignore=tests/saving/test_optimizer_state.py",
        ),  # they train
    ),
    # Of what has no Keras 3 to run on beside it, the folders that have something to run.
    "tf-2.15": ("tests/beside", "tests/legacy", "tests/cli", "tests/upgrading", "tests/test_without_keras.py"),
}

# Keras 2 as a framework, of which the documents speak; `make keras2` runs them.
KERAS_2 = {
    "tf_keras-2.21": Cell("3.11", (*COMMAND_LINE, "tensorflow-cpu==2.21.*", "tf_keras==2.21.*", "h5py")),
    "tf-2.15": Cell("3.11", (*COMMAND_LINE, "tensorflow-cpu==2.15.1")),
    "tf-2.9": Cell("3.10", (*COMMAND_LINE, "tensorflow-cpu==2.9.3", "numpy<2", "protobuf<3.20")),
}


def interpreter(version: str) -> str:
    """Return the Python of a version that pyenv has; nox looks for the others on PATH."""
    if shutil.which("pyenv"):
        done = subprocess.run(["pyenv", "prefix", version], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return str(Path(done.stdout.strip(), "bin", "python"))
    return version


def in_cells(names: Iterable[str]) -> Callable[..., Any]:
    """Run a session in each of these cells, under its name and with its Python."""
    cells = {**CELLS, **KERAS_2}
    pythons = {version: interpreter(version) for version in {cell.python for cell in cells.values()}}
    return nox.parametrize("python,cell", [nox.param(pythons[cells[name].python], name, id=name) for name in names])


def prepare(session: nox.Session, cell: Cell) -> None:
    """Install what the cell is to have, and say which that is."""
    editable = [part for one in cell.requirements for part in (["-e", one] if one.startswith(".") else [one])]
    session.install(*editable, *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test"))
    session.env.update(KERAS_BACKEND=cell.backend, HORNBOOK_WITHOUT=",".join(cell.without))


@nox.session
@in_cells(CELLS)
def matrix(session: nox.Session, cell: str) -> None:
    """Run the whole suite in a cell and write its row."""
    prepare(session, CELLS[cell])
    report = Path(session.create_tmp(), "report.xml").resolve()
    session.run("pytest", "-n", "auto", f"--junitxml={report}", *session.posargs, success_codes=[0, 1])
    row = [] if session.posargs else ["--row", cell]
    session.run("python", "scripts/compatibility.py", str(report), *row)


@nox.session(default=False)
@in_cells(SHARE)
def share(session: nox.Session, cell: str) -> None:
    """Run the part of the suite that CI runs in a cell."""
    prepare(session, CELLS[cell])
    session.run("pytest", "-n", "auto", *SHARE[cell])


@nox.session(default=False)
@in_cells(KERAS_2)
def keras2(session: nox.Session, cell: str) -> None:
    """Try the documents on the real objects of Keras 2, and the tests of its integration."""
    prepare(session, KERAS_2[cell])
    session.env.update(HORNBOOK_DOCUMENTS_FRAMEWORK="keras2", TF_CPP_MIN_LOG_LEVEL="3")
    session.env.pop("KERAS_BACKEND")
    folders = ("tests/documents", "tests/keras2", "tests/beside")
    session.run("pytest", "-W", "ignore", "-n", "auto", *folders, *session.posargs)


# Relative links lead nowhere on the page of a distribution.
INSTALLED = """
import importlib.metadata, re
import hornbook
page = importlib.metadata.metadata("hornbook").get_payload()
assert len(page) > 1000, page
links = re.findall(r"\\]\\((?!https://)[^)]*\\)", page)
assert not links, links
assert hornbook.deserialize_keras_object(hornbook.serialize_keras_object([1])) == [1]
"""


@nox.session(python=interpreter("3.11"))
def wheel(session: nox.Session) -> None:
    """Build the distribution, check it, and import it where nothing else is installed."""
    built = Path(session.create_tmp()).resolve()
    shutil.rmtree(built / "dist", ignore_errors=True)
    session.install(*nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "wheel"))
    session.run("python", "-m", "build", "--outdir", str(built / "dist"))
    session.run("twine", "check", "--strict", *map(str, built.glob("dist/*")))
    fresh = built / "fresh"
    session.run("python", "-m", "venv", "--clear", str(fresh))
    python = str(fresh / "bin" / "python")
    session.run(
        python, "-m", "pip", "install", "--quiet", "--no-index", *map(str, built.glob("dist/*.whl")), external=True
    )
    session.run(python, "-I", "-c", INSTALLED, external=True)
    session.run(python, "scripts/compatibility.py", "--row", "wheel", external=True)
