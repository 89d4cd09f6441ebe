"""Files that hold an architecture alone: JSON, and SavedModel metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from hornbook.archive import foreign, json_text
from hornbook.archive.base import ArchiveBase
from hornbook.archive.container import Opening
from hornbook.archive.savedmodel import ROOT, Node, nodes, root_of, with_shapes
from hornbook.errors import ArchiveError, NotAModelError, short
from hornbook.places import is_object_config

_WRITTEN = "An architecture is what model.to_json() writes."


class _Architecture(ArchiveBase):
    is_architecture = True

    def __init__(self, data: bytes, opening: Opening) -> None:
        super().__init__(opening)
        self._data = data

    def members(self) -> dict[str, int]:
        return {self.name: len(self._data)}


class JsonArchive(_Architecture):
    """An architecture as `model.to_json()` writes it, or the `model.json` of TensorFlow.js."""

    format = "json"
    is_config = True

    @property
    def without_weights(self) -> str:  # type: ignore[override]
        """What to say where it has no weights: those of TensorFlow.js are files of their own."""
        if "weightsManifest" in self._parsed:
            return "The weights of a model of TensorFlow.js are in the files beside it: load its folder"
        return super().without_weights

    def config(self) -> dict[str, Any]:
        """Return the whole JSON object: wrappers around the config tell the version too."""
        return self._parsed

    @cached_property
    def _parsed(self) -> dict[str, Any]:
        value = json_text.parse(self._data, self.name, self.limits)
        if isinstance(value, str):  # the text of `to_json()` written with `json.dump`
            value = json_text.parse(value, self.name, self.limits)
        form = foreign.of_json(value)
        if form is not None:
            raise form.error(self.name)
        if not isinstance(value, dict):
            problem = f"The config must be a JSON object, not {short(value)}"
            raise NotAModelError(problem, hint=_WRITTEN, place=self.name)
        if not holds_config(value):
            raise NotAModelError("This JSON holds no config of Keras", hint=_WRITTEN, place=self.name)
        return value

    def metadata(self) -> dict[str, Any]:
        config = self.config()
        inner = config.get("modelTopology")
        return _versions({**(inner if isinstance(inner, dict) else {}), **config})


class SavedModelArchive(_Architecture):
    """The Keras part of a SavedModel alone, the file `keras_metadata.pb`."""

    format = "savedmodel"
    without_weights = "This is the architecture of a SavedModel; its weights are beside it"

    @property
    def config_place(self) -> str:
        return f"{self._metadata_place}: {ROOT}"

    @property
    def _metadata_place(self) -> str:
        return self.name

    def config(self) -> dict[str, Any]:
        root = self._root
        config = root.get("model_config")
        if not isinstance(config, dict) and isinstance(root.get("class_name"), str):
            # A subclassed model has no `model_config`, but its own config.
            config = {"class_name": root["class_name"], "config": root.get("config")}
        if not isinstance(config, dict):
            raise ArchiveError("The metadata have no config of a model", place=self.config_place)
        config = with_shapes(config, lambda: [read() for _, read in self.beside()])
        training = root.get("training_config")
        return {**config, "training_config": training} if isinstance(training, dict) else config

    def metadata(self) -> dict[str, Any]:
        return _versions(self._root)

    def beside(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield the other nodes: TensorFlow makes an object of each, be it a part of the root's config or not."""
        for node in self._nodes:
            place = f"{self._metadata_place}: {short(node.path)[1:-1]}"
            if node.path != ROOT and node.metadata:
                yield place, partial(json_text.parse, node.metadata, place, self.limits)

    @cached_property
    def _nodes(self) -> list[Node]:
        return nodes(self._data, self.name, self.limits)

    @cached_property
    def _root(self) -> dict[str, Any]:
        return root_of(self._nodes, self._metadata_place, self.limits)


def _versions(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("keras_version", "backend") if isinstance(values.get(name), str)}


def holds_config(value: Any) -> bool:
    """Return whether there is a config of an object anywhere in JSON, of any version."""
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if is_object_config(value) or isinstance(value.get("layers", value.get("node_config")), list):
                return True  # Keras 0.x had layers and nodes without class names
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return False
