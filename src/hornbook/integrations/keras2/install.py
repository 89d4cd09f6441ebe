"""What `hornbook.install()` makes ours of Keras 2 beyond what scopes and sessions do: the doors to files.

TensorFlow restores the functions of a SavedModel before any gate of ours sees a
config: while this holds it is read by ourselves, and in a reading not at all.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hornbook.engine.decode import current_reader
from hornbook.engine.generations import wanting
from hornbook.engine.registry import current_registry
from hornbook.errors import UnreadableError, short
from hornbook.frameworks.host import current_host
from hornbook.integrations.divert import Diversion, Gate

if TYPE_CHECKING:
    from hornbook.integrations.keras2.private import Private
    from hornbook.policy import Policy


def gates(root: str, private: Private, policy: Callable[[bool], Policy]) -> list[Diversion]:
    """Return the functions of Keras that read and write files.

    Args:
        root: The package, for which its own functions read.
        private: The private names of the package.
        policy: Returns what a file may do, for the `safe_mode` of a call.
    """
    doors = _Doors(root, policy)
    return [
        Diversion("load_model", private.load_model, doors.load(private.load_model), needed=True),
        Diversion("legacy.load_model", private.load_older_model, doors.load(private.load_older_model)),
        Diversion("saving_lib.load_model", private.load_archive, doors.load(private.load_archive)),
        Diversion("load_model_from_hdf5", private.load_hdf5, doors.load(private.load_hdf5), needed=True),
        Diversion("saved_model.load", private.load_saved_model, doors.saved_model, needed=True),
        Diversion("model_from_json", private.model_from_json, doors.model_from_json, needed=True),
        Diversion("model_from_config", private.model_from_config, doors.model_from_config, needed=True),
        Diversion("save_model", private.save_model, _save),
    ]


def _holds() -> bool:
    return current_registry().integrations.installed


class _Doors:
    """The gates that need the package, and the policy of a call."""

    def __init__(self, root: str, policy: Callable[[bool], Policy]) -> None:
        self._root = root
        self._policy = policy

    def load(self, function: Any) -> Callable[[Gate], Gate]:
        """Read every local file by ourselves; a folder that is none of ours is an error of ours.

        Args:
            function: The function of Keras; they differ in their arguments.
        """
        signature = None if function is None else inspect.signature(function)

        def diverted(original: Gate) -> Gate:
            def load_model(*args: Any, **kwargs: Any) -> Any:
                given = {} if signature is None else signature.bind(*args, **kwargs).arguments
                filepath = given.get("filepath")
                if not (_holds() or current_reader() is not None) or not _is_local(filepath):
                    return original(*args, **kwargs)
                policy = self._policy(bool(given.get("safe_mode", True)))
                with wanting(self._root):
                    return current_host().load(
                        filepath, given.get("custom_objects"), given.get("compile", True), policy
                    )

            return load_model

        return diverted

    def saved_model(self, original: Gate) -> Gate:
        """Read a SavedModel by ourselves; within a reading, nothing has one to read."""

        def load(path: Any, compile: bool = True, options: Any = None) -> Any:
            if current_reader() is not None:
                raise UnreadableError("A file names a SavedModel that would be read", place=short(str(path)))
            if not _holds():
                return original(path, compile, options)
            with wanting(self._root):
                return current_host().load(path, None, compile, self._policy(True))

        return load

    def model_from_json(self, original: Gate) -> Gate:
        """Read JSON by ourselves."""

        def model_from_json(json_string: Any, custom_objects: Any = None) -> Any:
            if not _holds():
                return original(json_string, custom_objects)
            with wanting(self._root):
                return current_host().model_from_json(json_string, custom_objects, self._policy(True))

        return model_from_json

    def model_from_config(self, original: Gate) -> Gate:
        """Read a config as its JSON."""

        def model_from_config(config: Any, custom_objects: Any = None) -> Any:
            if not _holds() or current_reader() is not None or not isinstance(config, dict):
                return original(config, custom_objects)
            with wanting(self._root):
                return current_host().model_from_json(_json(config), custom_objects, self._policy(True))

        return model_from_config


def _save(original: Gate) -> Gate:
    """Write `.keras` by ourselves; other formats, options and the question whether to overwrite stay with Keras."""

    def save_model(model: Any, filepath: Any, overwrite: bool = True, save_format: Any = None, **kwargs: Any) -> Any:
        ours = _holds() and overwrite and save_format in (None, "keras") and not kwargs
        if not (ours and isinstance(filepath, (str, os.PathLike)) and _is_archive(str(filepath))):
            return original(model, filepath, overwrite, save_format, **kwargs)
        current_host().warn_unbuilt(model, stacklevel=1)
        # The date is the one that Keras writes: two saves differ in it.
        current_host().save(model, filepath, zipped=True, date=datetime.now())  # noqa: DTZ005
        return None

    return save_model


def _is_archive(path: str) -> bool:
    return path.endswith(".keras") and "://" not in path


def _is_local(filepath: Any) -> bool:
    """Return whether something is a path of this machine, or of a file there is none of."""
    return isinstance(filepath, (str, os.PathLike)) and "://" not in str(filepath)


def _json(config: dict[str, Any]) -> str:
    import json  # not at the top: `import hornbook` does without

    return json.dumps(config)
