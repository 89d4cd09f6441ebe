"""Any bytes, given to every function that reads a file, raise one error of ours or none.

    python -m tests.fuzz.fuzzing MINUTES [SEED]

With atheris installed (the dependency group `fuzz`), it chooses the bytes by
what they reach in our code; without, they are seeds spoiled at random.  What
raises anything else is kept in `tests/fuzz/found`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import random
import sys
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEEDS, FOUND = HERE / "seeds", HERE / "found"
CURRENT = FOUND / "current"
_SLOW = 5.0
_NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1]
_LARGEST = 1 << 20


def seeds() -> list[bytes]:
    """Return the seeds: small files of ours in every format, and what was found once."""
    return [path.read_bytes() for path in sorted(SEEDS.iterdir())]


# ---------------------------------------------------------------- what is tried
def attempts() -> dict[str, Callable[[bytes], Any]]:
    """Return what gets the bytes, by name."""
    import keras

    import hornbook

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    found: dict[str, Callable[[bytes], Any]] = {
        "load_model": lambda data: hornbook.load_model(io.BytesIO(data)),
        "inspect_model": lambda data: hornbook.inspect_model(io.BytesIO(data)).to_dict(),
        "read_config": lambda data: hornbook.read_config(io.BytesIO(data)),
        "load_weights": lambda data: hornbook.load_weights(model, io.BytesIO(data)),
        "model_from_json": lambda data: hornbook.model_from_json(data) if data[:1] in b"{[" else None,
    }
    if hasattr(hornbook, "audit"):
        found["audit"] = lambda data: hornbook.audit(io.BytesIO(data))
    if hasattr(hornbook, "upgrade"):
        found["upgrade"] = lambda data: hornbook.upgrade(hornbook.read_config(io.BytesIO(data)))
    return found


def attempt(data: bytes, functions: dict[str, Callable[[bytes], Any]]) -> Iterator[str]:
    """Yield what went wrong: an error that is none of ours, or much time."""
    from hornbook import HornbookError

    for name, function in functions.items():
        start = time.monotonic()
        try:
            function(data)
        except HornbookError as error:
            if len(str(error)) > 600 or str(error).count("\n") > 1:
                yield f"{name}: a message of {len(str(error))} characters"
        except Exception as error:
            yield f"{name}: {type(error).__name__}: {str(error)[:200]}\n{''.join(traceback.format_exc()[-1500:])}"
        if time.monotonic() - start > _SLOW:
            yield f"{name}: {time.monotonic() - start:.1f} seconds"


# ---------------------------------------------------------------- bytes at random
def spoiled(data: bytes, choose: random.Random, others: list[bytes]) -> bytes:
    """Return other bytes: of the file, or of a member of it, so that checksums are right again."""
    if data[:2] == b"PK" and choose.random() < 0.7:
        made = _member_spoiled(data, choose, others)
        if made is not None:
            return made
    made = bytearray(data)
    for _ in range(choose.choice([1, 1, 2, 4, 16])):
        choose.choice(_WAYS)(made, choose, others)
    return bytes(made[:_LARGEST])


def _member_spoiled(data: bytes, choose: random.Random, others: list[bytes]) -> bytes | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = {name: file.read(name) for name in file.namelist()}
    except Exception:
        return None
    if not members:
        return None
    name = choose.choice(list(members))
    if name.endswith(".json") and choose.random() < 0.7:
        members[name] = _json_spoiled(members[name], choose)
    else:
        members[name] = spoiled(members[name], choose, others)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", choose.choice([0, 8])) as file:
        for one, content in members.items():
            file.writestr(one, content)
    return buffer.getvalue()


def _json_spoiled(data: bytes, choose: random.Random) -> bytes:
    """Return JSON of another structure."""
    try:
        value = json.loads(data)
    except ValueError:
        return data
    places: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        one = todo.pop()
        members = list(one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ())
        places += [(one, key) for key, _ in members]
        todo += [member for _, member in members]
    odd = [
        None,
        True,
        -1,
        0,
        1.5,
        1 << 40,
        "",
        "relu",
        "../a",
        "\u00e9",
        [],
        {},
        [[]],
        {"class_name": "Dense"},
        {"a": {}},
    ]
    for _ in range(choose.choice([1, 1, 2, 3])):
        if places:
            owner, key = choose.choice(places)
            other, from_key = choose.choice(places)
            try:
                owner[key] = choose.choice([*odd, json.loads(json.dumps(other[from_key]))])
            except (KeyError, IndexError, ValueError):
                continue
    return json.dumps(value).encode()


def _flip(made: bytearray, choose: random.Random, others: list[bytes]) -> None:
    if made:
        made[choose.randrange(len(made))] ^= 1 << choose.randrange(8)


def _number(made: bytearray, choose: random.Random, others: list[bytes]) -> None:
    size = choose.choice([1, 2, 4, 8])
    at = choose.randrange(len(made) + 1)
    made[at : at + size] = (choose.choice(_NUMBERS) % (1 << 8 * size)).to_bytes(size, "little")


def _near(made: bytearray, choose: random.Random, others: list[bytes]) -> None:
    """Put an address of the file somewhere."""
    at = choose.randrange(len(made) + 1)
    made[at : at + 8] = choose.randrange(len(made) + 1).to_bytes(8, "little")


def _copy(made: bytearray, choose: random.Random, others: list[bytes]) -> None:
    source = choose.choice([bytes(made), *others])
    start, size = choose.randrange(len(source) + 1), choose.choice([1, 8, 40, 300])
    at = choose.randrange(len(made) + 1)
    made[at : at + choose.choice([0, size])] = source[start : start + size]


def _cut(made: bytearray, choose: random.Random, others: list[bytes]) -> None:
    at = choose.randrange(len(made) + 1)
    del made[at : at + choose.choice([1, 4, 100, len(made)])]


_WAYS = [_flip, _flip, _number, _number, _near, _copy, _cut]


def run(seconds: float, seed: int, report: Callable[[str], Any] = print) -> tuple[int, int]:
    """Try for a time; return how many bytes were tried, and how many did harm."""
    choose, given, functions = random.Random(seed), seeds(), attempts()
    FOUND.mkdir(exist_ok=True)
    end, count, wrong = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        data = choose.choice(given)
        data = data if count < len(given) else spoiled(data, choose, given)
        data = given[count] if count < len(given) else data
        count += 1
        CURRENT.write_bytes(data)  # what ends the process is found here
        found = list(attempt(data, functions))
        if found:
            wrong += 1
            report(f"{_kept(data)}: {'; '.join(found)}")
        if count % 200 == 0:
            _forget()
    CURRENT.unlink(missing_ok=True)
    return count, wrong


def _kept(data: bytes) -> Path:
    path = FOUND / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


def _forget() -> None:
    """Let the framework forget the models that loaded."""
    import keras

    keras.utils.clear_session()


def with_atheris(seconds: float) -> None:
    """Let atheris choose the bytes; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["hornbook"]):
        functions = attempts()

    def one(data: bytes) -> None:
        found = list(attempt(data, functions))
        if found:
            raise AssertionError("; ".join(found))

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        choose = random.Random(seed)
        made = spoiled(data, choose, seeds()) if choose.random() < 0.7 else atheris.Mutate(data, largest)
        return bytes(made[:largest])

    reached = FOUND / "reached"
    reached.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={int(seconds)}", "-timeout=30", "-rss_limit_mb=4096", f"-max_len={_LARGEST}"]
    atheris.Setup(
        [sys.argv[0], *options, f"-artifact_prefix={FOUND}/", str(reached), str(SEEDS)], one, custom_mutator=mutate
    )
    atheris.Fuzz()


def main() -> int:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    warnings.simplefilter("ignore")
    seconds = 60 * float(sys.argv[1] if len(sys.argv) > 1 else 1)
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    if importlib.util.find_spec("atheris") is None:
        count, wrong = run(seconds, seed, lambda line: print(line, flush=True))
        print(f"{count} files tried with seed {seed}, {wrong} did harm", flush=True)
        return min(wrong, 1)
    with_atheris(seconds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
