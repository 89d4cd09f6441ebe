"""A short run of the fuzzer: the seeds, and what becomes of them in some seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import needs

from . import fuzzing

SECONDS = 20
ROOT = Path(__file__).parents[2]


def test_the_seeds_are_small() -> None:
    """They come with every checkout."""
    assert sum(map(len, fuzzing.seeds())) < 200_000


@needs.keras
def test_a_short_run_finds_nothing() -> None:
    """In a process of its own, which may be ended."""
    code = f"from tests.fuzz.fuzzing import run; print(run({SECONDS}, 0))"
    command = [sys.executable, "-W", "ignore", "-c", code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr[-1500:]
    assert ended.stdout.splitlines()[-1].endswith(", 0)"), ended.stdout[-3000:]


@pytest.fixture(scope="module")
def functions():
    """What is tried."""
    pytest.importorskip("keras", minversion="3.0")
    return fuzzing.attempts()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(["Dense", "keras", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["class_name", "config", "module", "registered_name", "layers"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=JSON)
@pytest.mark.filterwarnings("ignore")
def test_any_json_is_refused_or_read(functions, config) -> None:
    """The structure is of Keras, the values are not."""
    import json

    assert not list(fuzzing.attempt(json.dumps(config).encode(), functions))


HEADS = [b"", b"PK\3\4", b"PK\5\6", b"\x89HDF\r\n\x1a\n", b"{", b"\x0a"]


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), head=st.sampled_from(HEADS))
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_are_refused_or_read(functions, head, data) -> None:
    """Whatever signature they begin with."""
    assert not list(fuzzing.attempt(head + data, functions))
