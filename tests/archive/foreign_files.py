"""Files and folders that people take for a model of Keras: their bytes, and a word that names them."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Content = bytes | dict[str, bytes]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def torch_zip() -> bytes:
    """Return the archive of `torch.save`: its members are padded with a field of its own."""
    name = b"archive/data.pkl"
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 0, 0x800, 0, 0, 0, 0, 2, 2, len(name), 18)
    return header + name + b"FB\x0e\x00" + b"Z" * 14 + b"}." + b"\x00" * 40


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        info = tarfile.TarInfo("model.keras")
        info.size = 2
        file.addfile(info, io.BytesIO(b"hi"))
    return buffer.getvalue()


def hdf5(change: Callable) -> Callable[[], bytes]:
    def make() -> bytes:
        h5py = pytest.importorskip("h5py")
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            change(file)
        return buffer.getvalue()

    return make


def pandas(file) -> None:
    np = pytest.importorskip("numpy")
    file.attrs["CLASS"], file.attrs["PYTABLES_FORMAT_VERSION"] = np.bytes_("GROUP"), np.bytes_("2.1")
    file.create_group("df").attrs["pandas_type"] = np.bytes_("frame")


SAFETENSORS = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
ONNX = b"\x08\x07\x12\x07pytorch\x1a\x032.1:\x10\n\x05\x12\x01x"
TFJS_GRAPH = {
    "format": "graph-model",
    "generatedBy": "2.4.0",
    "modelTopology": {"node": [{"name": "x", "op": "Placeholder"}], "library": {}},
    "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": []}],
}
TFJS_LAYERS = {
    "format": "layers-model",
    "modelTopology": {"model_config": {"class_name": "Sequential", "config": {"name": "s", "layers": []}}},
    "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": []}],
}
YAML = b"backend: tensorflow\nclass_name: Sequential\nconfig:\n  layers: []\nkeras_version: 2.2.4\n"
SAVED_MODEL = b"\x08\x01\x12\x0a\x0a\x00\x12\x06\x0a\x04test"

# What it is: how to make it, and the word that names it.
FILES: dict[str, tuple[Callable[[], Content], str]] = {
    "Git LFS": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 9\n", "LFS"),
    "git-annex": (lambda: b"/annex/objects/SHA256E-s1--ab.h5\n", "git-annex"),
    "YAML": (lambda: YAML, "YAML"),
    "YAML with its class first": (lambda: b"class_name: Model\nconfig: {}\n", "YAML"),
    "TF.js graph": (lambda: json.dumps(TFJS_GRAPH).encode(), "TensorFlow.js"),
    "TF.js graph without a format": (
        lambda: json.dumps({"modelTopology": {"node": []}, "weightsManifest": []}).encode(),
        "TensorFlow.js",
    ),
    "TF.js layers": (lambda: json.dumps(TFJS_LAYERS).encode(), "TensorFlow.js"),
    "TF.js folder": (lambda: {"model.json": b"{}", "group1-shard1of1.bin": b"\0"}, "TensorFlow.js"),
    "frozen graph": (lambda: b"\n\x1a\n\x01x\x12\x0bPlaceholder*\x08\n\x05dtype", "frozen graph"),
    "frozen graph as text": (lambda: b'node {\n  name: "x"\n}\n', "frozen graph"),
    "SavedModel": (lambda: {"saved_model.pb": SAVED_MODEL, "variables/variables.index": b"\0"}, "SavedModel"),
    "saved_model.pb": (lambda: SAVED_MODEL, "SavedModel"),
    "SavedModel in a ZIP": (lambda: zipped(**{"m/saved_model.pb": SAVED_MODEL}), "SavedModel"),
    "Orbax": (lambda: {"_CHECKPOINT_METADATA": b"{}", "default/manifest.ocdbt": b"\0"}, "Orbax"),
    "Orbax, steps": (lambda: {"7/_CHECKPOINT_METADATA": b"{}", "7/default/_METADATA": b"{}"}, "Orbax"),
    "Orbax of Keras": (lambda: {"pytree.orbax-checkpoint": b"", "pytree/_METADATA": b"{}"}, "Orbax"),
    "TF checkpoint": (lambda: b"\x00\x00\x09\x08\x01\x1a\x02\x08\x01\x00" + b"\x00" * 40, "checkpoint of TensorFlow"),
    "checkpoint": (lambda: b'model_checkpoint_path: "ckpt-1"\n', "checkpoint of TensorFlow"),
    "folder of a TF checkpoint": (
        lambda: {"checkpoint": b"", "ckpt-1.index": b"\0", "ckpt-1.data-00000-of-00001": b"\0"},
        "checkpoint of TensorFlow",
    ),
    "pandas": (hdf5(pandas), "pandas"),
    "other HDF5": (hdf5(lambda file: file.create_dataset("x", data=[1.0])), "HDF5"),
    "pickle 2": (lambda: pickle.dumps({"a": 1}, 2), "pickle"),
    "pickle 5": (lambda: pickle.dumps(io.BytesIO, 5), "pickle"),
    "joblib": (lambda: b"\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00\x8c\x13joblib.numpy_pickle\x94", "joblib"),
    "safetensors": (lambda: struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + b"\0" * 4, "safetensors"),
    "safetensors, its length a brace": (
        lambda: struct.pack("<Q", 0x7B) + SAFETENSORS.ljust(0x7B) + b"\0" * 4,
        "safetensors",
    ),
    "ONNX": (lambda: ONNX, "ONNX"),
    "TFLite": (lambda: b"\x1c\x00\x00\x00TFL3\x14\x00\x20\x00", "TensorFlow Lite"),
    "Core ML": (lambda: b"\x08\x05\x12\x0a\x0a\x00\x12\x06\x0a\x04test", "Core ML"),
    "PyTorch": (torch_zip, "PyTorch"),
    "PyTorch, plain ZIP": (lambda: zipped(**{"m/data.pkl": b"}.", "m/version": b"3\n"}), "PyTorch"),
    "PyTorch, legacy": (lambda: b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", "PyTorch"),
    "npy": (lambda: b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}", "NumPy"),
    "npz": (lambda: zipped(**{"arr_0.npy": b"\x93NUMPY\x01\x00"}), "NumPy"),
    "gzip": (lambda: gzip.compress(b"{}"), "gzip"),
    "tar": (tar, "tar"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
    "RAR": (lambda: b"Rar!\x1a\x07\x01\x00", "RAR"),
    "HTML": (lambda: b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", "HTML"),
    "XML of a server": (lambda: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
    "nothing": (lambda: b"", "empty"),
    "zeros": (lambda: b"\0" * 4096, "zeros"),
    "text": (lambda: b"Not Found: m\xc3\xb6del", "text"),
    "JSON of something else": (lambda: b'{"epochs": [1, 2]}', "no config"),
    "JSON, a list": (lambda: b"[1, 2]", "JSON object"),
    "Hugging Face": (lambda: b'{"architectures": ["BertModel"], "model_type": "bert"}', "Hugging Face"),
    "folder of Hugging Face": (lambda: {"config.json": b'{"architectures": ["BertModel"]}'}, "Hugging Face"),
    "notebook": (lambda: b'{"cells": [], "nbformat": 4}', "notebook"),
    "UTF-16": (lambda: '{"class_name": 1}'.encode("utf-16-le").join([b"\xff\xfe", b""]), "UTF-16"),
    "MATLAB": (lambda: b"MATLAB 7.3 MAT-file, Platform: GLNXA64" + b" " * 90, "MATLAB"),
    "GGUF": (lambda: b"GGUF\x03\x00\x00\x00", "GGUF"),
    "folder within a ZIP": (lambda: zipped(**{"m/config.json": b"{}", "m/metadata.json": b"{}"}), "m/config.json"),
    "folder of models": (lambda: {"a.keras": b"PK", "b.h5": b""}, "a.keras"),
    "empty folder": (lambda: {"notes/readme.txt": b""}, "config.json"),
    "unknown bytes": (lambda: b"\xfe\xdc\xba\x98" * 9, "begins with"),
}  # fmt: skip


def put(target: Path, content: Content) -> Path:
    """Write a file, or a folder of files."""
    if isinstance(content, bytes):
        target.write_bytes(content)
        return target
    for name, data in content.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return target
