"""Models that real old versions wrote give the outputs that these gave; `scripts/ages.py` made them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import hornbook

FILES = sorted(Path(__file__).parent.glob("*.h5"))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("file", FILES, ids=[one.stem for one in FILES])
def test_outputs_are_those_of_the_version_that_wrote_it(file: Path) -> None:
    recorded = np.load(file.with_suffix(".npz"))
    inputs = [recorded[name] for name in recorded.files if name != "outputs"]
    model = hornbook.load_model(file)
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(outputs), recorded["outputs"], rtol=1e-5, atol=1e-6)
