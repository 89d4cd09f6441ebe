"""Load every published and every golden file, with hornbook and with plain Keras, and count.

The files lie beside the checkout, in `../shared`: `corpus` has what strangers
published, `golden` what real versions wrote, with the outputs they computed.

    python scripts/corpus.py                        # all of them: half an hour on two cores
    python scripts/corpus.py --only golden/tf-2.15  # a part, by the beginning of its name
    python scripts/corpus.py --only corpus --library hornbook

Prints a table per form and era, then every file that did not load, with the
reason.  Exits with 1 if a file did not do what it must: load with equal
outputs where these are recorded, or name the classes of the user's that it
needs, or be refused for its byte code.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

FORMS = (
    ".keras", ".h5", ".hdf5_inside.keras", ".weights.h5", ".to_json.json", ".serialized.json", ".get_config.json",
    ".keras_metadata.pb",
)  # fmt: skip
JSON_FORMS = FORMS[4:7]
WHOLE = ("keras", "h5")
LOADS, NEEDS, LAMBDA, OPEN, CORRUPT, TENSORFLOW, INPUTS, WRONG, FAILS = KINDS = (
    "loads", "needs classes", "lambda", "open", "corrupt", "needs TF", "inputs unknown", "wrong", "fails",
)  # fmt: skip
LIBRARIES = ("hornbook", "keras")
PATIENCE = 300  # seconds for one file


class Case(NamedTuple):
    """One file.

    Args:
        source: `"corpus"`, or `"golden/"` and the version.
        form: What kind of file it is.
        era: Which versions wrote such files.
        name: The file, or the model that was saved.
        told: What is known of it: its entry of the manifest.
    """

    source: str
    form: str
    era: str
    name: str
    told: dict[str, Any]

    @property
    def label(self) -> str:
        return f"{self.source}/{self.name}{self.form if self.source != 'corpus' else ''}"


class Outcome(NamedTuple):
    """What came of a file: one of `KINDS`, and why."""

    kind: str
    why: str = ""


def cases() -> Iterator[Case]:
    from golden import golden_files as golden
    from tests import needs

    manifest = needs.SHARED / "corpus" / "manifest.jsonl"
    for line in manifest.read_text().splitlines() if manifest.exists() else ():
        told = json.loads(line)
        yield Case("corpus", told["format"], told["era"], told["file"], told)
    for version, form, name in golden.cases(FORMS):
        yield Case(f"golden/{version}", form, version, name, golden.manifest_of(version)[name])


# ------------------------------------------------------------------ loading
def outcome(case: Case, library: str) -> Outcome:
    """Load one file and say what came of it."""
    import keras

    keras.utils.clear_session()
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if case.source == "corpus":
                return published(case, library)
            return golden_file(case, library, Path(folder))
    except Exception as error:  # noqa: BLE001  whatever it is, it is counted
        return refusal(error)


def published(case: Case, library: str) -> Outcome:
    """Load a published file as a stranger would; with stand-ins for the classes that it lacks."""
    from tests import needs

    import hornbook

    path = needs.SHARED / "corpus" / case.told["file"]
    load = LOADERS[library]
    try:
        if case.form in WHOLE:
            load.load_model(path, {}, safe_mode=True, compile=False)
        else:
            load.model_from_json(path.read_text(), {})
    except hornbook.errors.UnknownReferenceError as error:
        return Outcome(NEEDS, f"{', '.join(error.names)}; {with_stand_ins(path)}")
    return Outcome(LOADS)


def golden_file(case: Case, library: str, folder: Path) -> Outcome:
    """Load a file, and compare the outputs with those recorded."""
    import numpy as np
    from golden import golden_files as golden

    version = case.era
    customs = golden.zoo()[1]
    load = LOADERS[library]
    path = golden.extracted(version, f"{case.name}{case.form}", folder)
    inputs, expected = golden.recorded(version, case.name)
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "UO":
        import tensorflow as tf

        inputs = tf.constant(inputs.tolist())
    if case.form == ".weights.h5":
        model = golden.model_for(version, case.name)
        golden.outputs_of(model, inputs)
        load.load_weights(model, path)
    elif case.form in JSON_FORMS or case.form.endswith(".pb"):
        model = load.architecture(path, case.form, customs)
        if case.name.startswith("preproc") and case.name != "preproc_cat":
            return Outcome(LOADS, "its state is not among the recorded weights")
        golden.outputs_of(model, inputs)
        model.set_weights(golden.weights(version, case.name))
    else:
        model = load.load_model(path, customs, safe_mode=True, compile=True)
    try:
        golden.check_outputs(model, version, case.name, inputs, expected)
    except AssertionError as error:
        return Outcome(WRONG, " ".join(str(error).split()))
    return Outcome(LOADS)


class Hornbook:
    """The public functions of this library."""

    @staticmethod
    def load_model(path: Path, customs: Mapping[str, Any], *, safe_mode: bool, compile: bool) -> Any:
        import hornbook

        return hornbook.load_model(path, customs, safe_mode=safe_mode, compile=compile)

    @staticmethod
    def load_weights(model: Any, path: Path) -> None:
        import hornbook

        hornbook.load_weights(model, path)

    @staticmethod
    def model_from_json(text: str, customs: Mapping[str, Any]) -> Any:
        import hornbook

        return hornbook.model_from_json(text, customs)

    @staticmethod
    def architecture(path: Path, form: str, customs: Mapping[str, Any]) -> Any:
        import hornbook

        return hornbook.model_from_config(hornbook.read_config(path), customs)


class Keras:
    """What Keras 3 has in their place."""

    @staticmethod
    def load_model(path: Path, customs: Mapping[str, Any], *, safe_mode: bool, compile: bool) -> Any:
        import keras

        return keras.saving.load_model(path, custom_objects=dict(customs), safe_mode=safe_mode, compile=compile)

    @staticmethod
    def load_weights(model: Any, path: Path) -> None:
        model.load_weights(str(path))

    @staticmethod
    def model_from_json(text: str, customs: Mapping[str, Any]) -> Any:
        import keras

        made = keras.models.model_from_json(text, custom_objects=dict(customs))
        if not isinstance(made, keras.Model):
            raise TypeError(f"a {type(made).__name__} came back, not a model")
        return made

    @classmethod
    def architecture(cls, path: Path, form: str, customs: Mapping[str, Any]) -> Any:
        import keras

        if form.endswith(".pb"):
            raise TypeError("Keras 3 has no reader for it")
        text = path.read_text()
        if form == ".to_json.json":
            return cls.model_from_json(text, customs)
        config = json.loads(text)
        if form == ".serialized.json":
            return keras.saving.deserialize_keras_object(config, custom_objects=dict(customs))
        made = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
        return made.from_config(config["config"], custom_objects=dict(customs))


LOADERS: dict[str, Any] = {"hornbook": Hornbook, "keras": Keras}


def with_stand_ins(path: Path) -> str:
    """Say whether the rest of an architecture builds around something trivial."""
    import hornbook

    try:
        made = hornbook.model_from_config(hornbook.read_config(path), stand_ins(path))
    except hornbook.HornbookError as error:
        return f"with stand-ins {error.problem}"
    return f"with stand-ins {len(made.layers)} layers"


def stand_ins(path: Path) -> dict[str, Any]:
    """Return something trivial for each custom object that a file needs."""
    import keras

    import hornbook

    class StandIn(keras.layers.Layer):
        def __init__(self, name: str | None = None, **arguments: Any) -> None:
            super().__init__(name=name)

        def call(self, inputs: Any, *more: Any, **named: Any) -> Any:
            return inputs[0] if isinstance(inputs, (list, tuple)) else inputs

    found: dict[str, Any] = {}
    for one in hornbook.inspect_model(path).custom_objects:
        name = one.label.rpartition(">")[2].rpartition(".")[2]
        found[one.label] = found[name] = type(name, (StandIn,), {}) if one.kind == "class" else first
    return found


def first(inputs: Any, *more: Any, **named: Any) -> Any:
    """Stand in for a function."""
    return inputs


def refusal(error: Exception) -> Outcome:
    """Say what sort of error it is."""
    import hornbook.errors as ours

    text = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    sorts = (
        (TENSORFLOW, "requires TensorFlow" in text or "No module named 'tensorflow'" in text),
        (LAMBDA, isinstance(error, ours.LambdaRefusedError) or "unsafe deserialization" in text),
        (NEEDS, isinstance(error, ours.UnknownReferenceError)),
        (OPEN, isinstance(error, ours.ConfigError) and "no certain meaning" in text),
        (INPUTS, isinstance(error, ours.WeightsError) and "does not tell the shapes" in text),  # a subclassed model
        (CORRUPT, isinstance(error, ours.ArchiveError)),
    )
    return Outcome(next((kind for kind, it_is in sorts if it_is), FAILS), text)


# ------------------------------------------------------------------ judging
def right(case: Case, found: Outcome) -> bool:
    """Say whether a file did what it must."""
    if case.source != "corpus":
        subclassed = case.form == ".h5" and case.told["class"] not in ("Sequential", "Functional", "Model")
        lambdas = case.name in ("lambda_layer", "lambda_named")
        return found.kind in (LOADS, TENSORFLOW, *([LAMBDA] if lambdas else []), *([INPUTS] if subclassed else []))
    allowed = {
        "needs custom classes": {NEEDS, LAMBDA} if case.told["has_lambda"] else {NEEDS},
        "lambda": {LAMBDA},
        "other": {LOADS, TENSORFLOW},
    }
    return found.kind in allowed.get(case.told["class"], {LOADS})


def table(found: Iterable[tuple[Case, str, Outcome]], libraries: tuple[str, ...]) -> str:
    counts: dict[tuple[str, str, str], dict[str, Counter[str]]] = {}
    for case, library, outcome in found:
        row = counts.setdefault((case.source.partition("/")[0], case.form, case.era), {})
        row.setdefault(library, Counter())[outcome.kind] += 1
    columns = ["files", *(f"{library} {kind}" for library in libraries for kind in KINDS)]
    rows = [["source", "form", "era", *columns]]
    totals: dict[str, list[int]] = {}
    for key in sorted(counts):
        numbers = [counts[key].get(library, Counter())[kind] for library in libraries for kind in KINDS]
        files = sum(counts[key].get(libraries[0], Counter()).values())
        rows.append([*key, *map(str, [files, *numbers])])
        total = totals.setdefault(key[0], [0] * (1 + len(numbers)))
        totals[key[0]] = [a + b for a, b in zip(total, [files, *numbers], strict=True)]
    rows += [[source, "all", "all", *map(str, numbers)] for source, numbers in totals.items()]
    used = [i for i in range(len(rows[0])) if i < 4 or any(row[i] != "0" for row in rows[1:])]
    return "\n".join(
        "| " + " | ".join(row[i] for i in used) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    )


def work(case: Case, libraries: tuple[str, ...]) -> list[tuple[Case, str, Outcome]]:
    def give_up(*_: Any) -> None:
        raise TimeoutError(f"took more than {PATIENCE} seconds")

    found = []
    for library in libraries:
        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(PATIENCE)
        try:
            found.append((case, library, outcome(case, library)))
        finally:
            signal.alarm(0)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="the beginning of what to load: corpus, golden, golden/tf-2.15")
    parser.add_argument("--library", choices=LIBRARIES, action="append", help="both by default")
    parser.add_argument("--json", type=Path, help="write every outcome to this file")
    parser.add_argument("-n", type=int, default=os.cpu_count() or 1, help="processes")
    asked = parser.parse_args()
    libraries = tuple(asked.library or LIBRARIES)
    chosen = [case for case in cases() if case.label.startswith(asked.only)]
    if not chosen:
        print("Nothing to load: there are no such files beside this checkout (../shared)")
        return 2
    found: list[tuple[Case, str, Outcome]] = []
    with multiprocessing.get_context("spawn").Pool(asked.n, maxtasksperchild=150) as pool:
        for number, some in enumerate(pool.imap_unordered(partial(work, libraries=libraries), chosen), 1):
            found += some
            if sys.stderr.isatty():
                print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr)
    found.sort(key=lambda one: (one[0].label, one[1]))
    print(table(found, libraries))
    if asked.json:
        told = [{"file": case.label, "library": library, **got._asdict()} for case, library, got in found]
        asked.json.write_text(json.dumps(told, indent=1))
    ours = [(case, got) for case, library, got in found if library == "hornbook"]
    for case, got in ours:
        if got.kind != LOADS:
            print(f"{got.kind}: {case.label}: {got.why}")
    failed = [case for case, got in ours if not right(case, got)]
    print(f"{len(ours) - len(failed)} of {len(ours)} did what they must")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
