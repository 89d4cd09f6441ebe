"""The engine makes objects of configs; which classes a framework has, and what they mean, is for its integration."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from sources import SOURCE, imports, relative, tree_of

from architecture.test_layers import MODULES, code_of

ENGINE = [path for path in MODULES if relative(path).startswith("engine/")]
ARCHIVE = [path for path in MODULES if relative(path).startswith("archive/")]
FRAMEWORKS = {"jax", "keras", "numpy", "openvino", "tensorflow", "tf_keras", "torch"}
# What a framework is made of.  Underscores and digits end a word, capitals do not.
WORDS = re.compile(
    r"(?i)(?<![a-z])(keras|tensorflow|pytorch|torch|jax|numpy|theano|layers?|models?|nodes?|inbound|sequential|"
    r"functional|dense|embedding|conv\dd|optimizers?|initializers?|regularizers?|kernels?|weights)(?![a-z])"
)
# Names of the documented functions, of the file format, of a limit, and of the one method that a model file asks for.
FINE = re.compile(
    r"register_keras_serializable|(de)?serialize_keras_object|keras_version|load_model|model_from_(config|json)|"
    r"limits\.nodes|limits\.layers|self\.limits"
)
# Where a rule comes from: which version of what answered, or what a document of it says.
SOURCES = re.compile(r"Keras'?|TF|TensorFlow")
# What has yet to move to whom it belongs to, and the words that it still has.
NOT_YET = {
    "engine/budget.py": {
        "jax",
        "layer",
        "model",
        "sequential",
        "initializer",
        "weights",
    },  # counts what makes variables
    "engine/builtins.py": {"model", "models", "weights", "numpy"},  # where an integration has what saving asks of it
    "engine/code.py": {"layer"},  # the byte code in a `Lambda`
    "engine/codecs/plain.py": {"keras"},  # the text of an error
    "engine/dialects.py": {"sequential"},
    "engine/flat.py": {"layer"},  # a text that older files hold
}


def words_in(text: str) -> set[str]:
    return {match.group(1).lower() for match in WORDS.finditer(FINE.sub("", text))}


def prose_of(path: Path) -> str:
    """Return the docstrings and comments of a module, without examples and without where rules come from."""
    docs = [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree_of(path))
        if hasattr(node, "body") and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
    ]
    lines = io.StringIO(path.read_text(encoding="utf-8")).readline
    comments = [token.string for token in tokenize.generate_tokens(lines) if token.type == tokenize.COMMENT]
    text = "\n".join([*docs, *comments])
    return SOURCES.sub("", re.sub(r"(?m)^ *(>>>|\.\.\.) .*\n(.+\n)?", "", text))


@pytest.mark.parametrize("path", [*ENGINE, *ARCHIVE], ids=relative)
def test_it_imports_none(path: Path) -> None:
    """Not within a function either; NumPy is where arrays of a file are read."""
    names = {alias.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in names} & (FRAMEWORKS - {"numpy"})
    assert not any(link.target.startswith("integrations/") for link in imports(path))


@pytest.mark.parametrize("path", ENGINE, ids=relative)
def test_the_code_of_the_engine_has_no_word_of_one(path: Path) -> None:
    """Neither in names nor in texts."""
    assert words_in(code_of(path)) <= NOT_YET.get(relative(path), set())


@pytest.mark.parametrize("path", ENGINE, ids=relative)
def test_the_engine_speaks_of_none(path: Path) -> None:
    """But of Keras as that from which a rule comes."""
    assert words_in(prose_of(path)) <= NOT_YET.get(relative(path), set())


@pytest.mark.parametrize("path", ARCHIVE, ids=relative)
def test_the_archive_names_no_class_of_one(path: Path) -> None:
    """It knows the files of Keras, and not what the objects are that they are of."""
    found = set(re.findall(r"\b(Sequential|Functional|Dense|Embedding|BatchNormalization|keras\.\w+)\b", code_of(path)))
    assert found <= ({"keras.layers"} if path.name == "foreign.py" else set())  # what to load another file with


def test_loading_an_integration_needs_no_framework() -> None:
    """They say what they stand for, before anything of it is imported; importing hornbook loads none of them."""
    code = (
        "import sys, hornbook\n"
        "assert not [name for name in sys.modules if name.startswith('hornbook.integrations.')]\n"
        "from hornbook.engine.registry import DEFAULT\n"
        "known = DEFAULT.integrations\n"
        "assert known.known_as('tf_keras.layers') == known.known_as('tensorflow.keras.layers') == 'keras.layers'\n"
        "assert set(known.tags) == {'__numpy__', '__keras_tensor__', '__typespec__'}\n"
        "assert known.file_kinds == {'model'} and known.stands_for('model', 'layer')\n"
        f"assert not {FRAMEWORKS!r} & set(sys.modules), sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SOURCE.parent)
