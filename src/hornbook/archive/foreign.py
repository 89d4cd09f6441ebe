"""What a file is instead of a model: a name for everything that people take for one.

It decides nothing that a policy would: it is a courtesy of errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hornbook.archive import savedmodel
from hornbook.errors import NotAModelError, short

SCANNED = 1 << 16  # bytes of an HDF5 file that is not one of ours

_NAME_LENGTH, _NAME = 26, 30  # of a header of a ZIP archive, 4.3.7 of APPNOTE.TXT


class Foreign(NamedTuple):
    """What is no model that is read here.

    Args:
        what: What it is, with its article.
        hint: One thing to do.
    """

    what: str
    hint: str

    @property
    def sentence(self) -> str:
        """What to say of it."""
        return f"This is not a Keras model, but {self.what}"

    def error(self, place: str | None) -> NotAModelError:
        """Return the error that names it."""
        return NotAModelError(self.sentence, hint=self.hint, place=place)


_SET_WEIGHTS = "give its arrays to a model that is built: model.set_weights(arrays)."
_CONVERT = "Export the model again as .keras, from the program that made it."
_UNPACK = "Unpack it first."
DOWNLOAD = "Download the file again, and look at what the server sends."
_IN_TENSORFLOW = "Load it with TensorFlow: tf.saved_model.load, or as a layer TFSMLayer."

GIT_LFS = Foreign("a pointer of Git LFS", "Fetch the file that it stands for: git lfs pull.")
YAML = Foreign("YAML, which old Keras wrote with to_yaml()", "Write the architecture with to_json() in that Keras.")
PICKLE = Foreign("a pickle", "Unpickle it only if you trust its source, and save the model as .keras.")
JOBLIB = Foreign("a pickle of joblib", "Load it with joblib only if you trust its source; save the model as .keras.")
TORCH = Foreign("a file of PyTorch", f"Load it with torch.load(weights_only=True), and {_SET_WEIGHTS}")
NUMPY = Foreign("an archive of NumPy arrays", f"Load it with numpy.load, and {_SET_WEIGHTS}")
SAVED_MODEL = Foreign(f"a SavedModel without `{savedmodel.FILE}`: it has no architecture of Keras", _IN_TENSORFLOW)
TF_CHECKPOINT = Foreign(
    "a part of a checkpoint of TensorFlow",
    "Build the model, then call hornbook.load_weights(model, path), the path without .index or .data-....",
)
ORBAX = Foreign("a checkpoint of Orbax", "Restore it with orbax.checkpoint into a model that is built.")
TFJS_GRAPH = Foreign(
    "a graph model of TensorFlow.js: it has operations and no layers",
    "Convert the Keras model that it was made of; a graph does not go back.",
)
GRAPH = Foreign("a frozen graph of TensorFlow", "Load it with TensorFlow; a graph has no layers to make again.")
HUGGING_FACE = Foreign("the config of a Hugging Face model", "Load its folder with the library that made it.")
SHARDS = Foreign(
    "the index of weights in several files", "Load the weights with model.load_weights(filepath) of Keras."
)
FLAX = Foreign("MessagePack, perhaps of Flax", f"Read it with flax.serialization, and {_SET_WEIGHTS}")
PANDAS = Foreign("an HDF5 file of PyTables or pandas", "Read it with pandas.read_hdf.")
TEXT = Foreign("text", "Look at what it says: it may be an error message in the place of a file.")

# Where a file has which bytes.  The first that fits names it.
_MARKS: tuple[tuple[int, bytes, Foreign], ...] = (
    (0, b"version https://git-lfs.github.com/spec/", GIT_LFS),
    (0, b"version https://hawser.github.com/spec/", GIT_LFS),
    (0, b"/annex/objects/", Foreign("a pointer of git-annex", "Fetch the file that it stands for: git annex get.")),
    (4, b"TFL3", Foreign("a model of TensorFlow Lite", "Keep the Keras model that it was converted from.")),
    (0, b"\x93NUMPY", Foreign("one NumPy array", f"Load it with numpy.load, and {_SET_WEIGHTS}")),
    (0, b"\x1f\x8b", Foreign("a file compressed with gzip", _UNPACK)),
    (0, b"BZh", Foreign("a file compressed with bzip2", _UNPACK)),
    (0, b"\xfd7zXZ\x00", Foreign("a file compressed with xz", _UNPACK)),
    (0, b"\x28\xb5\x2f\xfd", Foreign("a file compressed with Zstandard", _UNPACK)),
    (0, b"\x04\x22\x4d\x18", Foreign("a file compressed with LZ4", _UNPACK)),
    (0, b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", _UNPACK)),
    (0, b"Rar!\x1a\x07", Foreign("a RAR archive", _UNPACK)),
    (257, b"ustar", Foreign("a tar archive", _UNPACK)),
    (0, b"GGUF", Foreign("a GGUF model of llama.cpp", _CONVERT)),
    (0, b"PAR1", Foreign("a table in Parquet", "Read it with pandas.read_parquet.")),
    (0, b"SQLite format 3\x00", Foreign("a database of SQLite", "Look for the model it belongs to.")),
    (0, b"MATLAB ", Foreign("a file of MATLAB", "Read it with scipy.io.loadmat or h5py.")),
    (0, b"%PDF-", Foreign("a PDF document", DOWNLOAD)),
    (0, b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", TORCH),
    (0, b"model_checkpoint_path:", TF_CHECKPOINT),
    (0, b"\xef\xbb\xbf{", Foreign("JSON behind a byte order mark", "Save it as UTF-8 without that mark.")),
    (0, b"\xff\xfe{\x00", Foreign("JSON in UTF-16", "Save it as UTF-8.")),
    (0, b"\xfe\xff\x00{", Foreign("JSON in UTF-16", "Save it as UTF-8.")),
)  # fmt: skip

# What is told by more than fixed bytes.  A protocol buffer begins with its first field: number, length, content.
_LENGTH = rb"[\x80-\xff]{0,4}[\x00-\x7f]"
_PATTERNS: tuple[tuple[re.Pattern[bytes], Foreign], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), form)
    for pattern, form in (
        (rb".{4}[\x00-\x02]\x00{3}\{", Foreign("safetensors", f"Read it with safetensors.numpy, and {_SET_WEIGHTS}")),
        (rb"\x80[\x02-\x05].*(joblib|sklearn)", JOBLIB),
        (rb"\x80[\x02-\x05][\x00-\x1f(-~\x80-\x9f]", PICKLE),
        (rb"(\(dp|\(lp|ccopy_reg\n|c__builtin__\n|cnumpy)", PICKLE),
        (rb"x[\x01\x5e\x9c\xda]", Foreign("a file compressed with zlib, perhaps by joblib", JOBLIB.hint)),
        (rb"[\x81-\x8f][\xa0-\xbf\xd9]", FLAX),
        (rb"\x08\x01\x12" + _LENGTH + rb"\n", SAVED_MODEL),
        (rb"\x08[\x02-\x1f]\x12" + _LENGTH + rb"\n", Foreign("a model of Core ML", _CONVERT)),
        (rb"\x08[\x01-\x1f]([\x12\x1a][\x01-\x7f][ -~]|[:B])", Foreign("an ONNX model", _CONVERT)),
        (rb"\n" + _LENGTH + rb"\n[\x01-\x7f][\w/.:-]+\x12", GRAPH),
        (rb"node *\{", GRAPH),
        (rb"\x00\x00.\x08.{1,4}\x1a\x02\x08\x01", TF_CHECKPOINT),  # the header of its index
        (rb"\s*<(!doctype html|html|head|body|script)\b", Foreign("an HTML page, as of a failed download", DOWNLOAD)),
        (rb"\s*<\?xml|\s*<error\b", Foreign("XML, as servers send for an error", DOWNLOAD)),
        (rb"(%YAML|---\s|!!python)", YAML),
        (rb"(.*\n)?(backend|class_name|config|keras_version): ?[\w\n'\"{]", YAML),
        (rb"\x00{16}", Foreign("a file full of zeros, as of a copy that was never written", DOWNLOAD)),
    )
)  # fmt: skip


def of_bytes(head: bytes) -> Foreign | None:
    """Return what a file that begins with these bytes is, if that is known."""
    for at, mark, form in _MARKS:
        if head.startswith(mark, at):
            return form
    for pattern, form in _PATTERNS:
        if pattern.match(head):
            return form
    return TEXT if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    cut = len(head) - len(text.encode("utf-8"))
    return cut < 4 and all(character.isprintable() or character.isspace() for character in text)


_MODEL_FILES = (".keras", ".h5", ".hdf5", "/config.json")

# Says what an archive or a folder is by the names in it, or nothing.
_Rule = Callable[[set[str]], Foreign | None]


def _where(form: Foreign, fits: Callable[[str], bool]) -> _Rule:
    return lambda names: form if any(map(fits, names)) else None


def _with(form: Foreign, *lasts: str) -> _Rule:
    return _where(form, lambda name: name.rstrip("/").rpartition("/")[2] in lasts)


def _arrays_alone(names: set[str]) -> Foreign | None:
    return NUMPY if names and all(name.endswith(".npy") for name in names) else None


def _model_files(names: set[str]) -> Foreign | None:
    whole = sorted(name for name in names if name.endswith(_MODEL_FILES))
    if not whole:
        return None
    return Foreign(f"a folder of files, such as {short(whole[:1])[1:-1]}", "Unpack it, and name one of them.")


# The first that says something names it.
_BY_NAMES: tuple[_Rule, ...] = (
    _with(TORCH, "data.pkl", "constants.pkl"),
    _arrays_alone,
    _with(SAVED_MODEL, "saved_model.pb", "saved_model.pbtxt"),
    _with(ORBAX, "_CHECKPOINT_METADATA", "manifest.ocdbt", "orbax.checkpoint", "pytree.orbax-checkpoint"),
    _where(ORBAX, lambda name: ".orbax-checkpoint-tmp" in name),
    _where(TF_CHECKPOINT, lambda name: name.endswith(".index")),
    _where(Foreign("a folder of TensorFlow.js", "Name the file `model.json` in it."), "model.json".__eq__),
    _model_files,
    _where(Foreign("a document of an office program", DOWNLOAD), "[Content_Types].xml".__eq__),
    _where(Foreign("an archive of Java or Android", DOWNLOAD), lambda name: name.startswith("META-INF/")),
)


def of_members(names: Iterable[str]) -> Foreign | None:
    """Return what a ZIP archive or a folder is instead of a model, by the names in it; `None` if that is not known."""
    known = set(names)
    return next((form for form in (rule(known) for rule in _BY_NAMES) if form is not None), None)


def of_zip(head: bytes) -> Foreign | None:
    """Return what a ZIP archive that cannot be read is, by the name of its first member."""
    length = int.from_bytes(head[_NAME_LENGTH : _NAME_LENGTH + 2], "little")
    name = head[_NAME : _NAME + length].decode("utf-8", "replace")
    form = of_members([name]) if name else None
    return form if form in (TORCH, NUMPY) else None


def of_hdf5(data: bytes) -> Foreign | None:
    """Return what an HDF5 file is that Keras has not written.

    Args:
        data: The beginning of the file, at most :data:`SCANNED` bytes.
    """
    for mark, form in (
        (b"PYTABLES_FORMAT_VERSION", PANDAS),
        (b"_NCProperties", Foreign("a file of NetCDF", "Read it with xarray.open_dataset.")),
        (b"encoding-version", Foreign("a file of AnnData", "Read it with anndata.read_h5ad.")),
    ):
        if mark in data:
            return form
    return None


# Keys of a JSON object that is no config, and whose it is.
_KEYS: tuple[tuple[frozenset[str], Foreign], ...] = (
    (frozenset({"weight_map"}), SHARDS),
    (frozenset({"nbformat"}), Foreign("a notebook of Jupyter", "Run it, and save the model that it makes.")),
    (frozenset({"architectures", "model_type", "transformers_version"}), HUGGING_FACE),
)


def of_json(value: Any) -> Foreign | None:
    """Return what a JSON object is instead of the config of a model; `None` if it may be one."""
    if not isinstance(value, dict) or "class_name" in value:
        return None
    graph = value.get("modelTopology")
    if value.get("format") == "graph-model" or (isinstance(graph, dict) and "node" in graph):
        return TFJS_GRAPH
    return next((form for keys, form in _KEYS if not keys.isdisjoint(value)), None)
