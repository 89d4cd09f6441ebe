"""What diverted functions of frameworks do with files: ours, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hornbook.frameworks.host import Host

if TYPE_CHECKING:
    from datetime import datetime

    from hornbook.policy import Policy


class Saving(Host):
    """The functions of this package, for those who may not import it."""

    def load(self, source: Any, custom_objects: Mapping[str, Any] | None, compile: bool, policy: Policy) -> Any:
        from hornbook.saving.load import load_saveable

        return load_saveable(source, custom_objects, compile, policy)

    def fill(self, model: Any, source: Any, policy: Policy) -> None:
        from hornbook.saving.load import fill

        fill(model, source, policy, by_order=True, strict=False)

    def save(self, value: Any, target: Any, *, zipped: bool, date: datetime) -> None:
        from hornbook.saving.saveable import date_text, save_saveable

        # The metadata are those that the framework writes, which other programs read.
        save_saveable(value, target, zipped=zipped, metadata={"date_saved": date_text(date)}, lenient=True)

    def warn_unbuilt(self, model: Any, stacklevel: int) -> None:
        from hornbook.frameworks.lookup import checked_saveable
        from hornbook.saving.save import warn_unbuilt

        warn_unbuilt(checked_saveable(model), model, stacklevel + 1)

    def model_from_json(self, json_string: Any, custom_objects: Mapping[str, Any] | None, policy: Policy) -> Any:
        from hornbook.saving.from_config import model_from_json

        return model_from_json(json_string, custom_objects, policy=policy)
