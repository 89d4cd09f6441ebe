"""Checkpoints of TensorFlow: sums, tables, arrays in slices, and what stands in a folder."""

from __future__ import annotations

import io
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("h5py")
np = pytest.importorskip("numpy")

from tests.ages.savedmodel_files import BY_NAME, unpacked
from tests.hostile import bundles

from hornbook.archive.bundle import crc32c as sums
from hornbook.archive.bundle.crc32c import crc32c, unmasked
from hornbook.archive.bundle.shards import Bundle
from hornbook.archive.bundle.table import read_table
from hornbook.archive.bundle.vocabularies import ordered
from hornbook.archive.reading import open_archive
from hornbook.errors import ArchiveError, HornbookError, LimitError, NotAModelError, WeightsError
from hornbook.policy import Limits

LIMITS = Limits()


def bundle(arrays: dict[str, bytes], shard: bytes) -> Bundle:
    entries = {b"": bundles.field(1, 1), **{key.encode("latin-1"): value for key, value in arrays.items()}}
    return Bundle(bundles.whole(entries), lambda number, count: io.BytesIO(shard), "w", LIMITS)


@pytest.mark.parametrize("size", [0, 1, 3, 16_383, 16_384, 16_389, 70_001, 1 << 20, (1 << 20) + 5])
def test_a_sum_is_that_of_every_byte(size: int) -> None:
    """In lanes of any number, from any sum before, and on without NumPy."""
    data = np.random.RandomState(size).bytes(size)
    parts = [data[: size // 3], data[size // 3 :]]
    bytewise = 0
    for at in range(0, size, 1000):
        bytewise = crc32c(data[at : at + 1000], bytewise)
    assert crc32c(data) == bytewise == crc32c(parts[1], crc32c(parts[0]))


def test_a_sum_takes_no_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit is without it."""
    data = bytes(range(256)) * 100
    known = crc32c(data)
    monkeypatch.setattr(sums, "_has_numpy", lambda: False)
    assert crc32c(data) == known


def test_a_sum_is_the_one_of_the_standard() -> None:
    """RFC 3720, B.4."""
    assert crc32c(b"\0" * 32) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert unmasked(int.from_bytes(bundles.masked(0x8A9136AA), "little")) == 0x8A9136AA


def test_a_table_has_its_entries_in_order() -> None:
    entries = {b"a%03d" % i: b"%d" % i for i in range(500)}
    keys = sorted(entries)
    table = bundles.table([bundles.block({key: entries[key]}) for key in keys], keys)
    assert {key: bytes(value) for key, value in read_table(table, LIMITS).items()} == entries
    with pytest.raises(LimitError, match="more than 9"):
        read_table(table, Limits(arrays=9))


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_no_byte_of_an_index_is_another_one(at: int) -> None:
    """Each is in a block with a sum, or in the footer."""
    index = bundles.whole(bundles.parts()[0])
    place = at % len(index)
    changed = index[:place] + bytes([index[place] ^ 0x10]) + index[place + 1 :]
    with pytest.raises(HornbookError):
        read_table(changed, LIMITS)


def test_slices_become_one_array() -> None:
    """The keys are those of TensorFlow 2.9: numbers in an order of bytes."""
    shard = np.arange(1200, dtype="float32").tobytes()
    extent = lambda *numbers: b"".join(bundles.field(i + 1, number) for i, number in enumerate(numbers))
    parts = [bundles.field(1, extent(start, size)) + bundles.field(1, b"") for start, size in ((0, 70), (70, 330))]
    name = "\0b\0\x01\x01\x02"
    arrays = {
        "b": bundles.entry(bundles.FLOAT, (400, 3), 0, b"", size=0, crc=b"\0" * 4, slices=parts),
        f"{name}\x80\xc0\x46\x80\x7f": bundles.entry(bundles.FLOAT, (70, 3), 0, shard[:840]),
        f"{name}\xc0\x46\xc1\x4a\x80\x7f": bundles.entry(bundles.FLOAT, (330, 3), 840, shard[840:]),
    }
    read = bundle(arrays, shard).array("b", "b").read()
    np.testing.assert_array_equal(read, np.arange(1200).reshape(400, 3))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [(3, np.int32([1, -2])), (9, np.int64([1 << 40])), (10, np.array([True, False])), (19, np.float16([1.5])),
     (2, np.float64([0.1])), (4, np.uint8([255])), (8, np.complex64([1j]))],
)  # fmt: skip
def test_an_array_is_of_the_type_that_it_has(dtype: int, value: Any) -> None:
    data = value.tobytes()
    read = bundle({"a": bundles.entry(dtype, value.shape, 0, data)}, data).array("a", "a").read()
    assert read.dtype == value.dtype
    np.testing.assert_array_equal(read, value)


def test_the_order_of_bytes_is_that_of_the_writer() -> None:
    value = np.float32([1.5, -2.0])
    data = value.astype(">f4").tobytes()
    entries = {b"": bundles.field(1, 1) + bundles.field(2, 1), b"a": bundles.entry(1, (2,), 0, data)}
    made = Bundle(bundles.whole(entries), lambda number, count: io.BytesIO(data), "w", LIMITS)
    np.testing.assert_array_equal(made.array("a", "a").read(), value)


def test_texts_have_a_sum_of_their_own() -> None:
    data, total = bundles.texts(b"a", b"", b"long" * 99)
    entry = bundles.entry(bundles.TEXT, (3,), 0, data, crc=total)
    assert bundle({"t": entry}, data).texts("t") == [b"a", b"", b"long" * 99]
    damaged = data[:-1] + b"x"
    with pytest.raises(ArchiveError, match="checksum"):
        bundle({"t": entry}, damaged).texts("t")


def test_tokens_have_as_many_indices() -> None:
    with pytest.raises(ArchiveError, match="indices"):
        ordered(("a", "b"), (1, 1))
    with pytest.raises(ArchiveError, match="indices"):
        ordered(("a",), (1, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpacked(BY_NAME["tf-2.9.3-sequential"], tmp_path)


def layers_of(path: Path) -> list[tuple[str, list[str]]]:
    with open_archive(path, LIMITS) as archive:
        stored = archive.layers()
        assert stored is not None
        return [(layer.name, [array.name for array in layer.arrays]) for layer in stored.layers]


def test_layers_have_the_names_and_the_order_of_hdf5(folder: Path) -> None:
    names = ["gamma:0", "beta:0", "moving_mean:0", "moving_variance:0"]
    wanted = [
        ("dense", ["dense/kernel:0", "dense/bias:0"]),
        ("batch_normalization", [f"batch_normalization/{name}" for name in names]),
        ("head", ["head/kernel:0", "head/bias:0"]),
    ]
    assert layers_of(folder / "model") == layers_of(folder / "weights") == wanted


def test_a_checkpoint_of_training_has_the_model_in_it(tmp_path: Path) -> None:
    """`tf.train.Checkpoint(model=model)` counts its saves."""
    graph = bundles.objects(
        bundles.node({"net": 1, "optimizer": 4, "save_counter": 5}),
        bundles.node({"layer-0": 6}),
        bundles.node(key=bundles.KERNEL, name="first/kernel"),
        bundles.node(key=bundles.BIAS, name="first/bias"),
        bundles.node({"iter": 5}),
        bundles.node(key=bundles.BIAS, name="save_counter"),
        bundles.node({"kernel": 2, "bias": 3}),
    )
    path = bundles.with_graph(tmp_path, graph)
    assert layers_of(path / "variables" / "variables") == [("first", ["first/kernel:0", "first/bias:0"])]


def test_the_state_of_a_random_generator_is_no_weight(tmp_path: Path) -> None:
    """Layers that draw have one in a checkpoint, and Keras has it among the weights of none."""
    graph = bundles.objects(
        bundles.node({"layer-0": 1, "layer-1": 2}),
        bundles.node({"_random_generator": 3}),
        bundles.node({"kernel": 5, "call_and_return_conditional_losses": 3}),
        bundles.node({"_generator": 4}),
        bundles.node({"_state_var": 6}),
        bundles.node(key=bundles.KERNEL, name="first/kernel"),
        bundles.node(key=bundles.BIAS, name="StateVar"),
    )
    path = bundles.with_graph(tmp_path, graph)
    assert layers_of(path / "variables" / "variables") == [("first", ["first/kernel:0"])]


def optimizer_of(path: Path) -> list[str]:
    with open_archive(path / "variables" / "variables", LIMITS) as archive:
        stored = archive.layers()
        assert stored is not None
        return [array.name for array in stored.optimizer]


def test_an_optimizer_of_before_2_11_has_slots(tmp_path: Path) -> None:
    """All first moments, then all second ones, in the order of the layers; what belongs to no variable comes first."""
    kept = [(3, "m", 5), (2, "v", 5), (2, "m", 5), (3, "v", 5)]
    graph = bundles.objects(
        bundles.node({"layer-0": 1, "optimizer": 4}),
        bundles.node({"kernel": 2, "bias": 3}),
        bundles.node(key=bundles.KERNEL, name="first/kernel"),
        bundles.node(key=bundles.BIAS, name="first/bias"),
        bundles.node({"learning_rate": 5, "iter": 5, "momentum_cache": 5}, slots=kept),
        bundles.node(key=bundles.BIAS, name="Nadam/iter"),
    )
    slots = [f"optimizer/first/{name}/{slot}:0" for slot in "mv" for name in ("kernel", "bias")]
    assert optimizer_of(bundles.with_graph(tmp_path, graph)) == ["iter:0", "momentum_cache:0", *slots]


def test_a_later_optimizer_lists_its_variables(tmp_path: Path) -> None:
    """One that scales losses has the one that is meant within."""
    graph = bundles.objects(
        bundles.node({"layer-0": 1, "optimizer": 5}),
        bundles.node({"kernel": 2}),
        bundles.node(key=bundles.KERNEL, name="first/kernel"),
        bundles.node({"_variables": 4, "_iterations": 6, "_learning_rate": 6}),
        bundles.node({"10": 2, "9": 6}),
        bundles.node({"inner_optimizer": 3}),
        bundles.node(key=bundles.BIAS, name="iteration"),
    )
    assert optimizer_of(bundles.with_graph(tmp_path, graph)) == ["iteration:0", "first/kernel:0"]


def test_two_models_in_a_checkpoint_are_not_told_apart(tmp_path: Path) -> None:
    graph = bundles.objects(bundles.node({"one": 1, "two": 2, "save_counter": 1}), bundles.node(), bundles.node())
    path = bundles.with_graph(tmp_path, graph)
    with pytest.raises(WeightsError, match="several objects"):
        layers_of(path / "variables" / "variables")


def test_what_a_folder_lacks_is_said(folder: Path) -> None:
    (folder / "model" / "variables" / "variables.data-00000-of-00001").unlink()
    with pytest.raises(WeightsError, match=r"not complete: there is no `variables/variables\.data-00000"):
        layers_of(folder / "model")
    shutil.rmtree(folder / "model" / "variables")
    with open_archive(folder / "model", LIMITS) as archive, pytest.raises(WeightsError, match="lacks its weights"):
        archive.check_weights()


def test_the_parts_of_a_checkpoint_say_what_they_are(folder: Path) -> None:
    with pytest.raises(NotAModelError, match="checkpoint"), open_archive(folder / "weights.index", LIMITS):
        pass


def test_metadata_alone_are_an_architecture(folder: Path) -> None:
    with open_archive(folder / "model" / "keras_metadata.pb", LIMITS) as archive:
        assert archive.is_architecture
        with pytest.raises(WeightsError, match="beside it"):
            archive.check_weights()


@pytest.mark.parametrize("name", bundles.HOSTILE)
def test_what_attacks_is_one_error_or_harmless(name: str, tmp_path: Path) -> None:
    """The reader alone, in this process: without a model, a graph of layers it does not have is fine."""
    path = bundles.HOSTILE[name](tmp_path)
    with suppress(HornbookError), open_archive(path, LIMITS) as archive:
        stored = archive.layers()
        assert stored is not None
        for layer in stored.layers:
            for array in layer.arrays:
                array.read()
        assert name in {"deep_graph", "weights_of_another"}


def test_real_files_are_small() -> None:
    """They are in the repository for good."""
    assert sum(file.stat().st_size for file in BY_NAME.values()) < 300_000
    assert all(zipfile.is_zipfile(file) for file in BY_NAME.values())
