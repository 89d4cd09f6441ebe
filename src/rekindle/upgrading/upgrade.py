"""The public function: one config in, one config and a report out."""

from __future__ import annotations

from typing import Any

from rekindle.engine.integration import Integrations
from rekindle.engine.reference import Reference
from rekindle.engine.registry import DEFAULT
from rekindle.errors import LimitError
from rekindle.upgrading import arguments, forms, meanings
from rekindle.upgrading.report import Report
from rekindle.upgrading.walk import Walk

RULES = (*forms.RULES, *arguments.RULES, *meanings.RULES)


def upgrade(config: Any, *, version: str | None = None) -> tuple[Any, Report]:
    """Rewrite a config that an older version wrote, for Keras 3.

    Args:
        config: The config of a model or of any object, as JSON gives it; what
            `to_json` wrote, TensorFlow.js' `model.json`, or the form of
            Keras 0.x.  It is not changed.
        version: The version that wrote it, as `"2.2.4"`.  By default what the
            config says of itself, else what its form tells.

    Returns:
        The config for Keras 3, and a report of what was done.

    Raises:
        ConfigError: It is no object config.
        LimitError: It nests too deep.

    Example:
        >>> old = {"class_name": "Dense", "config": {"output_dim": 3, "init": "uniform"}}
        >>> config, report = upgrade(old, version="1.2")
        >>> config["module"], config["config"]
        ('keras.layers', {'units': 3, 'kernel_initializer': 'uniform'})
        >>> list(report.rules())
        ['keras-1-arguments', 'module']
    """
    told = version or forms.version_of(config)
    whole = forms.unwrapped(config)
    told = told or forms.version_of(whole)
    found = forms.numbers(told, whole)
    report = Report(told or ".".join(map(str, found)))
    walk = Walk(RULES, _Homes(DEFAULT.integrations), report, found)
    try:
        return walk.object(whole, ()), report
    except RecursionError as error:
        raise LimitError("The config nests deeper than Python can go") from error


class _Homes:
    """Built-ins of the installed integrations, known without their frameworks."""

    def __init__(self, integrations: Integrations) -> None:
        self._integrations = integrations

    def known(self, module: str, name: str) -> str | None:
        return self._integrations.kind(Reference("class", name, module, None))

    def home(self, name: str, kind: str | None) -> tuple[str, str] | None:
        homes = self._integrations.homes(name)
        fitting = [one for one in homes if _fits(one[1], kind)]
        return fitting[0] if fitting else None


def _fits(kind: str, wanted: str | None) -> bool:
    """Say whether a class of one kind may stand where another is expected."""
    return wanted is None or kind == wanted or (wanted == "layer" and kind in ("model", "operation"))
