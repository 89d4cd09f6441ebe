"""What saving asks of a framework that has models: the class that its author derives from.

An integration with models has an instance of a subclass of :class:`Models` as
its attribute `models`.  Five methods have to be written: :meth:`~Models.version`,
:meth:`~Models.is_model`, :meth:`~Models.save_state`, :meth:`~Models.load_state`
and :meth:`~Models.to_numpy`; the others have defaults that fit a framework whose
models are plain objects.  Then `save_model` and `load_model` work for its models,
and so do `load_weights`, `check` and `fingerprint`.

A state is arrays by the path of the part that has them.  What is saved under a
path is found under it again:

    class TinyModels(Models):
        root = "tiny"

        def version(self): return tiny.__version__
        def is_model(self, value): return isinstance(value, tiny.Model)
        def to_numpy(self, value): return value

        def save_state(self, model, weights, assets):
            for path, part in tiny.parts_of(model):
                weights.make(path, part.name).update(part.arrays)

        def load_state(self, model, archive, *, strict):
            for path, part in tiny.parts_of(model):
                part.arrays.update(archive.by_path().get(path))

Nothing here imports a framework: an integration can be asked about what is
installed before that is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hornbook.archive.protocol import Archive
    from hornbook.archive.weights.report import WeightsReport
    from hornbook.archive.weights.stores import Folder


class WeightTarget(Protocol):
    """Takes the arrays of a model: a file that is written, or what only looks at them."""

    def make(self, path: str, name: str | None, key: str | None = None) -> MutableMapping[str, Any]:
        """Return where the part at `path` puts its arrays, by number or name.

        Args:
            path: The names that lead from the model to the part; `""` for the model.
            name: The part's own name, kept beside them.
            key: Attribute and key of the dict that the part is in, kept as well.
        """

    def put_seeds(self, path: str, states: Mapping[str, Any]) -> None:
        """Take the states of the random generators of the part at `path`, by number."""


class Unset(Protocol):
    """The variables that were made without a value while a model was built."""

    def end(self, model: Any = None) -> None:
        """Give all that have no value yet their initial one, and warn of those that are weights of `model`."""


class _NothingUnset:
    def end(self, model: Any = None) -> None:
        pass


class Models:
    """What a framework has that has models.

    Attributes:
        root: The top-level module of the framework, as :attr:`Integration.root` has it.
    """

    root: str = ""
    # What the framework writes itself, by the suffix of the name: functions of a model and a path.
    own_formats: Mapping[str, Callable[[Any, Path], None]] = MappingProxyType({})
    # What it writes for a folder, where that is none of the files of an archive, and the names in such a folder.
    own_folder: Callable[[Any, Path], None] | None = None
    own_folder_members: frozenset[str] = frozenset()

    def version(self) -> str:
        """Return the version of the framework; a file has it in its metadata, as `keras_version`."""
        raise NotImplementedError

    def is_model(self, value: Any) -> bool:
        """Return whether a value is a model of the framework: what `load_model` returns."""
        raise NotImplementedError

    def is_saveable(self, value: Any) -> bool:
        """Return whether a value is of the framework and has a state: a model, or a part of one."""
        return self.is_model(value)

    def is_built(self, model: Any) -> bool:
        """Return whether a model has its variables: otherwise a file has no weights for it, and it can take none."""
        return bool(getattr(model, "built", True))

    def is_compiled(self, value: Any) -> bool:
        """Return whether a value is compiled for training."""
        return bool(getattr(value, "compiled", True))

    def save_state(self, model: Any, weights: WeightTarget, assets: Folder) -> None:
        """Hand out the arrays of a model, and write its files.

        Args:
            model: A model, or anything else that is saveable.
            weights: What takes the arrays, of any class that :meth:`view` and :meth:`to_numpy` know.
            assets: A folder that has one for each part that keeps files.
        """
        raise NotImplementedError

    def load_state(self, model: Any, archive: Archive, *, strict: bool) -> None:
        """Give a model that was made of the config of a file the arrays and files that are there.

        Args:
            model: The model.
            archive: The file.
            strict: Whether arrays without a place are an error, and not a warning.

        Raises:
            WeightsError: There are none, or they do not fit.
        """
        raise NotImplementedError

    def compile_as(self, model: Any, training_config: Any) -> None:
        """Compile a model as a file of an older generation says, which has its own form for that."""

    def load_weights(self, model: Any, archive: Archive, *, by_order: bool, strict: bool) -> WeightsReport:
        """Give a model the arrays of a file, which may be that of another model, and report what got which.

        Args:
            model: A model that is built; where they do not fit, it stays as it was.
            archive: The file.
            by_order: Whether the order decides where names differ.
            strict: As in :meth:`load_state`.

        Raises:
            WeightsError: There are none, or they do not fit.
        """
        from hornbook.archive.weights.report import WeightsReport

        self.load_state(model, archive, strict=strict)
        return WeightsReport(())

    def unset_variables(self) -> AbstractContextManager[Unset]:
        """Return what is open while a model is built and filled: variables made in it need no value before its end."""
        return nullcontext(_NothingUnset())

    def to_numpy(self, value: Any) -> Any:
        """Return a NumPy array of what an object stores."""
        raise NotImplementedError

    def view(self, value: Any) -> Any:
        """Return a NumPy array of what an object stores, with its memory if possible: it is read and not kept."""
        return self.to_numpy(value)

    def bytes_of(self, value: Any) -> int:
        """Return about how many bytes the arrays of a model take in a file, 0 if that is not known."""
        return 0

    def parts(self, value: Any) -> Mapping[str, Any]:
        """Return the parts of what is saveable, itself among them, by their paths."""
        return {"": value}

    def arrays(self, value: Any) -> Iterator[Any] | None:
        """Return the numbers that a value of the framework stands for, as NumPy arrays; `None` for any other value."""
        return None

    def example(self, model: Any) -> tuple[Any, list[Any]]:
        """Return inputs in the shapes that a model takes, and what it makes of them, as NumPy arrays.

        Raises:
            Exception: The model does not tell what it takes, or takes nothing that can be made up.
        """
        raise NotImplementedError

    def outputs(self, model: Any, inputs: Any) -> list[Any]:
        """Return what a model makes of inputs when it is used, and not trained, as NumPy arrays."""
        raise NotImplementedError

    def own_attributes(self, value: Any) -> Mapping[str, Any]:
        """Return the attributes of what is saveable but for those that the framework gives to all of its kind."""
        attributes: dict[str, Any] = vars(value)
        return attributes
