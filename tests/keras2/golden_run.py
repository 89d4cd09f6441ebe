"""Loads golden files as models of Keras 2, in a process of its own.

Run as a script with the name of a package (`keras` for `tf.keras`, or
`tf_keras`) and the folder of a version; the names of files come by the standard
input.  It prints one line of JSON for each: its name, and what was wrong.  With
`convert` as a third argument the models become models of Keras 3, and these are
compared.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

WHOLE = (".keras", ".h5", ".hdf5_inside.keras")
# Classes that are read from `.keras` files of any version: Keras 2 makes their paths of nothing but their layers.
OWN = ("Sequential", "Functional", "Model")


def main(package: str, folder: Path, *more: str) -> None:
    """Load what the standard input names."""
    golden = Golden(package, folder)
    for name in sys.stdin.read().split():
        golden.keras.backend.clear_session()
        try:
            problem = golden.problem_of_conversion(name) if "convert" in more else golden.problem(name)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        print(json.dumps([name, problem]), flush=True)


class Golden:
    """The files of one version, and the objects that they name.

    Args:
        package: The name of a package of Keras 2.
        folder: The folder of a version.
    """

    def __init__(self, package: str, folder: Path) -> None:
        import tensorflow as tf

        if package == "tf_keras":
            import tf_keras as keras
        else:
            keras = tf.keras
        self.tf, self.keras = tf, keras
        self.package, self.version = package, folder.name
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        self.source = folder.parent / "golden_models.py"
        self.customs = self._customs(keras)
        self.files = Path(tempfile.mkdtemp())
        with zipfile.ZipFile(folder / "artefacts.zip") as archive:
            archive.extractall(self.files)

    def _customs(self, keras: Any) -> dict[str, Any]:
        """Return what a caller must pass; Keras 2.3 wrote registered classes without their package."""
        tf = self.tf
        operations = SimpleNamespace(
            tanh=tf.tanh, abs=tf.abs, square=tf.square, sum=tf.reduce_sum, mean=tf.reduce_mean, clip=tf.clip_by_value,
            matmul=tf.matmul, ones=lambda shape, dtype="float32": tf.ones(shape, dtype),
        )  # fmt: skip
        names: dict[str, Any] = {"__name__": "golden_models"}
        # The relative name is what byte code has.
        exec(compile(self.source.read_text(), self.source.name, "exec"), names)
        _, customs = names["make"](keras, operations)
        known = keras.utils.get_custom_objects()
        return {**{one.__name__: one for key, one in known.items() if key.startswith("golden>")}, **customs}

    def problem(self, name: str) -> str | None:
        """Return what is wrong with what a file gives; `None` if nothing is."""
        model, form = name[: name.index(".")], name[name.index(".") :]
        entry = self.manifest["models"][model]
        if model.startswith("lambda"):
            return self._of_byte_code(model, form)
        if self._is_of_another_order(form, entry):
            return self._refused(model, form, "The weights do not fit")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = self._loaded(model, form)
        of_state = [str(one.message) for one in caught if type(one.message).__name__ == "OptimizerStateWarning"]
        if form in WHOLE and (entry.get("optimizer") or {}).get("class") == "Adam" and of_state:
            # The only kind that has no state in the file.
            return None if form == ".keras" and "legacy" in model else of_state[0]
        return self._of_outputs(made, model, form) or self._of_optimizer(made, form, entry)

    def problem_of_conversion(self, name: str) -> str | None:
        """Return what is wrong with the model of Keras 3 that a file's model becomes; `None` if nothing is."""
        import keras as newest

        import hornbook

        model, form = name[: name.index(".")], name[name.index(".") :]
        if self._is_of_another_order(form, self.manifest["models"][model]):
            return None
        customs = self._customs(newest)
        with hornbook.custom_object_scope(self.customs):
            old = hornbook.load_model(self.files / name, policy=hornbook.Policy(lambdas=True, framework=self.package))
        made, conversion = hornbook.convert(old, inputs=self._recorded(model)[0], custom_objects=customs)
        if not isinstance(made, newest.Model):
            return f"it is {type(made)}"
        return conversion.not_compared or self._of_outputs(made, model, form, newest.Model)

    def _is_of_another_order(self, form: str, entry: dict[str, Any]) -> bool:
        """Return whether TF 2.13 went through a model in another order than TF 2.14 and later: it wrote other paths."""
        older = self.version == "tf-2.13" and not self.tf.__version__.startswith("2.13")
        return older and form in (".keras", ".weights.h5") and entry["class"] not in OWN

    def _loaded(self, model: str, form: str, *, safe: bool = True) -> Any:
        import hornbook

        path, more = self.files / f"{model}{form}", {"safe_mode": safe}
        if form in WHOLE:
            return hornbook.load_model(path, self.customs, **more)
        if form == ".weights.h5":
            made = self._for_weights(model)
            hornbook.load_weights(made, path)
            return made
        text = path.read_text()
        config = json.loads(text)
        if form == ".to_json.json":
            return hornbook.model_from_json(text, self.customs, **more)
        if form == ".serialized.json" and "module" in config:
            return hornbook.deserialize_keras_object(config, self.customs, **more)
        return hornbook.model_from_config(config, self.customs, **more)

    def _for_weights(self, model: str) -> Any:
        import hornbook

        text = (self.files / f"{model}.to_json.json").read_text()
        made = hornbook.model_from_json(text, self.customs)
        self._outputs(made, self._recorded(model)[0])
        return made

    def _refused(self, model: str, form: str, why: str) -> str | None:
        import hornbook

        try:
            self._loaded(model, form)
        except hornbook.HornbookError as error:
            return None if why in str(error) else str(error)
        return "it was not refused"

    def _of_byte_code(self, model: str, form: str) -> str | None:
        """Byte code is refused in safe mode, and else runs if it is of this Python and has nothing of its scope."""
        import hornbook

        try:
            self._loaded(model, form)
        except (hornbook.errors.LambdaRefusedError, hornbook.errors.UntrustedReferenceError):
            pass
        else:
            return "it was not refused"
        python = tuple(map(int, self.manifest["python"].split(".")[:2]))
        if model != "lambda_layer" or python != sys.version_info[:2]:
            return None
        return self._of_outputs(self._loaded(model, form, safe=False), model, form)

    def _recorded(self, model: str) -> tuple[Any, list[Any], list[Any]]:
        """Return inputs, expected outputs and weights."""
        import numpy as np

        with np.load(self.files / f"{model}.npz") as stored:
            arrays = dict(stored)
        outputs, weights = ([arrays[key] for key in sorted(arrays) if key[0] == sort] for sort in "yw")
        kind = self.manifest["models"][model]["x"]
        if kind == "dict":
            return {key[2:]: value for key, value in arrays.items() if key.startswith("x:")}, outputs, weights
        inputs = [arrays[key] for key in sorted(arrays) if key[0] == "x"]
        return inputs[0] if kind == "array" else inputs, outputs, weights

    def _outputs(self, made: Any, inputs: Any) -> list[Any]:
        if getattr(getattr(inputs, "dtype", None), "kind", "") == "U":
            inputs = self.tf.constant(inputs.tolist())
        outputs = made(inputs, training=False)
        if isinstance(outputs, dict):
            outputs = [outputs[key] for key in sorted(outputs)]
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [self.tf.cast(output, "float32").numpy() for output in outputs]

    def _of_outputs(self, made: Any, model: str, form: str, base: type | None = None) -> str | None:
        import numpy as np

        if not isinstance(made, base or self.keras.Model):
            return f"it is {type(made)}"
        inputs, expected, weights = self._recorded(model)
        if form.endswith(".json"):
            if model.startswith("preproc") and model != "preproc_cat":
                return None  # what was adapted is in no config
            self._outputs(made, inputs)
            made.set_weights(weights)
        tolerance = self.manifest["models"][model]["tol"]
        outputs = self._outputs(made, inputs)
        same = len(outputs) == len(expected) and all(
            one.shape == other.shape and np.allclose(one, other, rtol=tolerance, atol=tolerance)
            for one, other in zip(outputs, expected)  # noqa: B905  Python 3.10 is told by the line above
        )
        return None if same else f"outputs {outputs} instead of {expected}"

    def _of_optimizer(self, made: Any, form: str, entry: dict[str, Any]) -> str | None:
        """Compare class, count of steps, and shapes and sums of all slots."""
        import numpy as np

        wanted = entry.get("optimizer") or {}
        if form not in WHOLE or "vars" not in wanted:
            return None
        own = made.optimizer
        variables = own.variables() if callable(own.variables) else own.variables
        sums = [
            (list(one.shape), float(np.abs(np.asarray(one, "float64")).sum())) for one in variables if len(one.shape)
        ]
        expected = [(shape, total) for shape, total in wanted["vars"] if shape]
        told = (type(own).__name__, int(np.asarray(own.iterations)), _rounded(sums))
        recorded = (wanted["class"], wanted["iterations"], _rounded(expected))
        return None if told == recorded else f"optimizer {told} instead of {recorded}"


def _rounded(sums: list[tuple[list[int], float]]) -> list[tuple[list[int], float]]:
    return sorted((shape, round(total, 3)) for shape, total in sums)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
