"""SavedModels of Keras with their weights, and checkpoints alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

from hornbook.archive import foreign, json_text, savedmodel
from hornbook.archive.architecture import SavedModelArchive
from hornbook.archive.base import ArchiveBase
from hornbook.archive.bundle import savedobjects
from hornbook.archive.bundle.graph import GRAPH, ROOT, ObjectGraph, read_graph
from hornbook.archive.bundle.layers import CheckpointObjects, layer_weights
from hornbook.archive.bundle.shards import Bundle
from hornbook.archive.bundle.vocabularies import OLDER_TABLES, TABLES, SavedTables, Tokens, ordered
from hornbook.archive.container import Opening
from hornbook.archive.files.open_file import open_file, read_file
from hornbook.archive.folder import FolderArchive
from hornbook.archive.savedmodel import Node
from hornbook.archive.weights.layers import LayerWeights
from hornbook.archive.weights_alone import weights_only
from hornbook.errors import ArchiveError, ArchiveNotFoundError, WeightsError, errors_within, short
from hornbook.policy import Limits

INDEX = ".index"
_VARIABLES = "variables/variables"


def shard(prefix: str, number: int, count: int) -> str:
    """Return the name of a file of a checkpoint.

    Example:
        >>> shard("variables", 0, 2)
        'variables.data-00000-of-00002'
    """
    return f"{prefix}.data-{number:05}-of-{count:05}"


class SavedModelFolder(SavedModelArchive):
    """The folder of a SavedModel that Keras has written: the architecture, and the weights in `variables`.

    Args:
        folder: The folder.
        opening: What it is opened with.

    Raises:
        ArchiveError: A file of it is a link that leads outside.
    """

    is_architecture = False
    without_weights = f"The SavedModel lacks its weights: it has no `{_VARIABLES}{INDEX}`"

    def __init__(self, folder: Path, opening: Opening) -> None:
        self._files = FolderArchive(folder, opening)
        data = self._files.member(savedmodel.FILE, opening.limits.config_bytes)
        self._described_in = savedobjects.FILE if data is None else savedmodel.FILE
        super().__init__(data or b"", opening)

    @property
    def _metadata_place(self) -> str:
        return f"{self.name}/{self._described_in}"

    @cached_property
    def _nodes(self) -> list[Node]:
        if self._described_in == savedmodel.FILE:
            return super()._nodes
        data = self._files.member(savedobjects.FILE, self.limits.ratio_floor)
        nodes = savedobjects.keras_nodes(data or b"", self._metadata_place, self.limits)
        if not nodes:
            raise foreign.SAVED_MODEL.error(self.name)
        return nodes

    def has_weights(self) -> bool:
        return self._files.has_member(_VARIABLES + INDEX)

    def layers(self) -> LayerWeights | None:
        return self._layers

    @cached_property
    def _layers(self) -> LayerWeights | None:
        if not self.has_weights():
            return None
        version = self.metadata().get("keras_version", "")  # first of all: is it of Keras?
        index = self._files.member(_VARIABLES + INDEX, self.limits.config_bytes) or b""
        bundle = Bundle(index, self._shard, f"{self.name}/{_VARIABLES}", self.limits)
        graph = _graph(bundle, self.limits)
        objects = CheckpointObjects(bundle, graph, partial(self._name_of, self._described(graph)), self.limits)
        stored = layer_weights(objects, bundle.place, version)
        return stored._replace(vocabularies=dict(self._vocabularies(bundle, graph)))

    def _vocabularies(self, bundle: Bundle, graph: ObjectGraph) -> Iterator[tuple[str, Tokens]]:
        """Yield the names of lookups, and their tokens."""
        described = self._described(graph)
        lookups = {number: node for number, node in described.items() if _leads(graph, number, TABLES)}
        if lookups:
            data = self._files.member(savedobjects.FILE, self.limits.ratio_floor) or b""
            tables = SavedTables(data, f"{self.name}/{savedobjects.FILE}", self.limits)
            for number, node in lookups.items():
                tokens = tables.vocabulary(node.path)
                if tokens is not None:
                    yield self._name_of(described, number), tokens
        for number in described:
            keys = [key for table in _leads(graph, number, (*TABLES, *OLDER_TABLES)) for key in graph[table].tables]
            if keys:
                yield self._name_of(described, number), _grown(bundle, keys[0])

    def _shard(self, number: int, count: int) -> BinaryIO:
        name = shard(_VARIABLES, number, count)
        if not self._files.has_member(name):
            raise _lacking(name)
        return self._files.open_member(name)

    def _described(self, graph: ObjectGraph) -> dict[int, Node]:
        """Return what the metadata say of the objects of a checkpoint, by number."""
        found: dict[int, Node] = {}
        for node in self._nodes:
            number = graph.child(ROOT, *node.path.split(".")[1:])
            if number is not None and node.path != savedmodel.ROOT:
                found.setdefault(number, node)
        return found

    def _name_of(self, described: dict[int, Node], number: int) -> str:
        node = described.get(number)
        if node is None:
            return ""
        said = json_text.parse(node.metadata, f"{self._metadata_place}: {short(node.path)[1:-1]}", self.limits)
        name = said.get("name") if isinstance(said, dict) else None
        return name if isinstance(name, str) else ""

    def weight_bytes(self) -> int:
        return sum(size for name, size in self.members().items() if name.startswith(_VARIABLES))

    def members(self) -> dict[str, int]:
        return self._files.members()

    def close(self) -> None:
        self._files.close()
        super().close()


class CheckpointArchive(ArchiveBase):
    """A checkpoint, as `model.save_weights` of TensorFlow's Keras and `tf.train.Checkpoint` write it.

    Args:
        prefix: What the names of its files begin with.
        opening: What it is opened with.
    """

    format = "checkpoint"

    def __init__(self, prefix: Path, opening: Opening) -> None:
        super().__init__(opening)
        self._prefix = prefix
        self._open: list[BinaryIO] = []
        self._sizes: dict[str, int] = {}

    def has_config(self) -> bool:
        return False

    def config(self) -> dict[str, Any]:
        raise weights_only(self.name)

    def has_weights(self) -> bool:
        return True

    def layers(self) -> LayerWeights | None:
        return self._layers

    @cached_property
    def _layers(self) -> LayerWeights:
        name = self._prefix.name + INDEX
        index = read_file(self._prefix.with_name(name), name, self.limits.config_bytes)
        self._sizes[name] = len(index)
        bundle = Bundle(index, self._shard, self.name, self.limits)
        objects = CheckpointObjects(bundle, _graph(bundle, self.limits), _unnamed, self.limits)
        return layer_weights(objects, self.name, self.said.get("keras_version", ""))

    def _shard(self, number: int, count: int) -> BinaryIO:
        name = shard(self._prefix.name, number, count)
        try:
            file = open_file(self._prefix.with_name(name), name)
        except ArchiveNotFoundError as error:
            raise _lacking(name) from error
        self._open.append(file)
        self._sizes[name] = file.seek(0, 2)
        return file

    def members(self) -> dict[str, int]:
        """Return the files of it that have arrays, and their sizes."""
        self.layers()
        return dict(sorted(self._sizes.items()))

    def close(self) -> None:
        for file in self._open:
            file.close()
        super().close()


def _leads(graph: ObjectGraph, number: int, ways: Iterable[tuple[str, ...]]) -> list[int]:
    """Return the tables that an object leads to."""
    found = (graph.child(number, *names) for names in ways)
    return [at for at in found if at is not None]


def _grown(bundle: Bundle, key: str) -> Tokens:
    """Return the tokens of a table whose keys and values are arrays of the checkpoint."""
    above = key.removesuffix("table")
    return ordered(*[bundle.tokens(f"{above}table-{part}") for part in ("keys", "values")])


def _unnamed(number: int) -> str:
    return ""


def _lacking(name: str) -> WeightsError:
    return WeightsError(
        f"The weights are not complete: there is no `{name}`",
        hint="Copy it: all files of a checkpoint belong together.",
    )


def _graph(bundle: Bundle, limits: Limits) -> ObjectGraph:
    """Return the graph of the objects of a checkpoint.

    Raises:
        WeightsError: It has none: it is one of TensorFlow 1.
        ArchiveError: It is damaged.
    """
    if not bundle.has(GRAPH):
        raise WeightsError(
            "The checkpoint has variables by name alone, as TensorFlow 1 writes them, and no objects",
            hint="Load it in TensorFlow with tf.train.load_checkpoint, and give its arrays to the model.",
            place=bundle.place,
        )
    texts = bundle.texts(GRAPH)
    with errors_within(f"{bundle.place}: {GRAPH}"):
        if len(texts) != 1:
            raise ArchiveError("There is not one graph of objects")
        return read_graph(texts[0], limits)
