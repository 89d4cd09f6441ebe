"""The training config of an HDF5 file, as the compile config that `.keras` files have.

The two hold the same under other names; what the parts mean is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SAME = ("loss", "metrics", "weighted_metrics", "loss_weights")


def compile_config(training: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the compile config for a training config, or `None` if there is no optimizer in it.

    Args:
        training: What the attribute `training_config` of a file holds, written
            by Keras 1.0 to 3.15; `metrics` of one output may lie in one list
            more than `compile` takes.

    Example:
        >>> compile_config({"optimizer_config": {"class_name": "SGD", "config": {}}, "loss": "mse"})
        {'optimizer': {'class_name': 'SGD', 'config': {}}, 'loss': 'mse', 'metrics': None, 'weighted_metrics': None, \
'loss_weights': None}
    """
    optimizer = training.get("optimizer_config")
    if optimizer is None:
        return None
    found = {"optimizer": optimizer, **{name: training.get(name) for name in _SAME}}
    for name in ("metrics", "weighted_metrics"):
        found[name] = _metrics(found[name], found["loss"])
    return found


def _metrics(metrics: Any, loss: Any) -> Any:
    """Return metrics without the list around those of one output: TF 2.2 to 2.15 wrote `[[...]]`."""
    one_output = not (isinstance(loss, (list, dict)) and len(loss) > 1 and not _is_object(loss))
    if one_output and isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        return metrics[0]
    return metrics or None


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and "class_name" in value
