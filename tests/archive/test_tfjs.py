"""Layers models of TensorFlow.js: the shards beside a `model.json`, plain and quantized."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests import needs

import hornbook
from hornbook.errors import ArchiveError, HornbookError, LimitError, WeightsError

np = pytest.importorskip("numpy")
pytestmark = needs.keras

NUMBERS = np.linspace(-1.0, 1.0, 6, dtype="float32").reshape(3, 2)
BIAS = np.array([0.5, -0.25], "float32")
X = np.array([[1.0, 2.0, 3.0]], "float32")
DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3]}}


def topology(*layers: dict[str, Any]) -> dict[str, Any]:
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": [*layers]}}
    return {"keras_version": "2.9.0", "backend": "tensorflow", "model_config": model}


def weight(name: str, array: Any, **more: Any) -> dict[str, Any]:
    dtype = {"bool": "bool", "int32": "int32"}.get(str(array.dtype), "float32")
    return {"name": name, "shape": [*array.shape], "dtype": dtype, **more}


def written(folder: Path, layers: list[Any], arrays: dict[str, Any], cuts: tuple[int, ...] = (), **more: Any) -> Path:
    """Write a model, its bytes cut into several files at some places."""
    data = b"".join(array.tobytes() for array in arrays.values())
    places = [0, *cuts, len(data)]
    paths = [f"group1-shard{i}of{len(places) - 1}.bin" for i in range(1, len(places))]
    for path, start, end in zip(paths, places, places[1:], strict=False):
        (folder / path).write_bytes(data[start:end])
    manifest = [{"paths": paths, "weights": [weight(name, array) for name, array in arrays.items()]}]
    whole = {"format": "layers-model", "modelTopology": topology(*layers), "weightsManifest": manifest, **more}
    (folder / "model.json").write_text(json.dumps(whole))
    return folder


def dense(folder: Path, **more: Any) -> Path:
    return written(folder, [DENSE], {"d/kernel": NUMBERS, "d/bias": BIAS}, **more)


def changed(folder: Path, change: Any) -> None:
    whole = json.loads((folder / "model.json").read_text())
    change(whole["weightsManifest"])
    (folder / "model.json").write_text(json.dumps(whole))


@pytest.mark.parametrize("cuts", [(), (4,), (5, 6, 24, 31)])
def test_weights_in_any_number_of_shards(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    """Also where a shard ends within a number."""
    model = hornbook.load_model(dense(tmp_path, cuts=cuts))
    np.testing.assert_allclose(model(X), X @ NUMBERS + BIAS, rtol=1e-6)
    assert hornbook.audit(tmp_path).verdict == "clean"
    assert hornbook.inspect_model(tmp_path).to_dict()["format"] == "tfjs"


@pytest.mark.parametrize(("dtype", "levels"), [("uint8", 255), ("uint16", 65535)])
def test_weights_that_are_quantized_to_integers(tmp_path: Path, dtype: str, levels: int) -> None:
    """`value = number * scale + min` (`io/io_utils.ts` of tfjs-core 4.22.0)."""
    scale = 2.0 / levels
    numbers = np.round((NUMBERS + 1) / scale).astype(dtype)
    folder = written(tmp_path, [DENSE], {"d/kernel": numbers, "d/bias": BIAS})
    quantized = {"dtype": dtype, "scale": scale, "min": -1.0, "original_dtype": "float32"}
    changed(folder, lambda manifest: manifest[0]["weights"][0].update(quantization=quantized))
    kernel, _ = hornbook.load_model(folder).get_weights()
    np.testing.assert_allclose(kernel, NUMBERS, atol=scale)
    assert kernel.dtype == "float32"


def test_weights_that_are_quantized_to_half_the_bits(tmp_path: Path) -> None:
    folder = written(tmp_path, [DENSE], {"d/kernel": NUMBERS.astype("float16"), "d/bias": BIAS})
    changed(folder, lambda manifest: manifest[0]["weights"][0].update(quantization={"dtype": "float16"}))
    np.testing.assert_allclose(hornbook.load_model(folder).get_weights()[0], NUMBERS, atol=1e-3)


def test_weights_of_a_model_within_a_model(tmp_path: Path) -> None:
    """They are called by the layer within, and by the model before it in newer files."""
    inner = {"class_name": "Sequential", "config": {"name": "part", "layers": [
        {"class_name": "Dense", "config": {"name": name, "units": 2, "batch_input_shape": [None, size]}}
        for name, size in (("a", 3), ("b", 2))]}}  # fmt: skip
    last = {"class_name": "Dense", "config": {"name": "c", "units": 1}}
    square, column = np.array([[1.0, 2.0], [3.0, 4.0]], "float32"), np.array([[2.0], [1.0]], "float32")
    zeros = np.zeros(2, "float32")
    arrays = {"a/kernel": NUMBERS, "a/bias": BIAS, "part/b/kernel": square, "part/b/bias": zeros,
              "s/c/kernel": column, "s/c/bias": zeros[:1]}  # fmt: skip
    model = hornbook.load_model(written(tmp_path, [inner, last], arrays))
    np.testing.assert_allclose(model(X), ((X @ NUMBERS + BIAS) @ square) @ column, rtol=1e-6)


def test_weights_go_into_a_model_that_is_there(tmp_path: Path) -> None:
    model = hornbook.model_from_config(hornbook.read_config(dense(tmp_path)))
    hornbook.load_weights(model, tmp_path)
    np.testing.assert_allclose(model(X), X @ NUMBERS + BIAS, rtol=1e-6)


def test_the_json_alone_says_where_its_weights_are(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="load its folder"):
        hornbook.load_model(dense(tmp_path) / "model.json")


def _first(**more: Any) -> Any:
    return lambda manifest: manifest[0]["weights"][0].update(more)


DAMAGED = {
    "no list": lambda manifest: manifest.__setitem__(0, 3),
    "no paths": lambda manifest: manifest[0].pop("paths"),
    "a path outside": lambda manifest: manifest[0].update(paths=["../group1-shard1of1.bin"]),
    "an absolute path": lambda manifest: manifest[0].update(paths=["/etc/passwd"]),
    "one file twice": lambda manifest: manifest[0].update(paths=manifest[0]["paths"] * 2),
    "one group twice": lambda manifest: manifest.append(manifest[0]),
    "another dtype": _first(dtype="string"),
    "a dtype of no text": _first(dtype=["float32"]),
    "a negative length": _first(shape=[-3, 2]),
    "a huge length": _first(shape=[1 << 60, 2]),
    "too small": _first(shape=[1, 2]),
    "too many axes": _first(shape=[1] * 40),
    "no name": _first(name=""),
    "a long name": _first(name="d" * 5000),
    "a scale of text": _first(quantization={"dtype": "uint8", "scale": "1", "min": 0}),
    "no scale": _first(quantization={"dtype": "uint8"}),
    "an unknown quantization": _first(quantization={"dtype": "int4", "scale": 1, "min": 0}),
    "no quantization": _first(quantization=[]),
}


@pytest.mark.parametrize("change", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_manifest_is_one_error(tmp_path: Path, change: Any) -> None:
    changed(dense(tmp_path), change)
    with pytest.raises(ArchiveError, match="manifest"):
        hornbook.load_model(tmp_path)
    assert hornbook.audit(tmp_path).verdict == "findings"


def test_a_shard_that_is_missing_is_named(tmp_path: Path) -> None:
    (dense(tmp_path, cuts=(8,)) / "group1-shard2of2.bin").unlink()
    with pytest.raises(WeightsError, match=r"shard .* is missing"):
        hornbook.load_model(tmp_path)


def test_a_shard_that_leads_outside_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    shard = dense(folder) / "group1-shard1of1.bin"
    shard.rename(tmp_path / "elsewhere")
    shard.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HornbookError):
        hornbook.load_model(folder)


def test_weights_of_no_layer_are_an_error(tmp_path: Path) -> None:
    changed(dense(tmp_path), _first(name="other/kernel"))
    with pytest.raises(WeightsError, match="No layer of the model"):
        hornbook.load_model(tmp_path)


def test_too_many_weights_are_too_many(tmp_path: Path) -> None:
    changed(dense(tmp_path), lambda manifest: manifest[0].update(weights=manifest[0]["weights"] * 100))
    with pytest.raises(LimitError):
        hornbook.load_model(tmp_path, policy=hornbook.Policy(limits=hornbook.Limits(arrays=50)))
