"""Models with new weights, of configs and of the JSON of configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.archive import json_text
from hornbook.engine.generations import framework_for, is_older, wanting
from hornbook.engine.registry import current_registry
from hornbook.engine.session import build, policy_in_force, reading
from hornbook.frameworks.lookup import checked_model, models_for
from hornbook.policy import Policy, effective
from hornbook.upgrading.upgrade import as_model, upgraded


def model_from_config(
    config: dict[str, Any],
    custom_objects: Mapping[str, Any] | None = None,
    *,
    safe_mode: bool = True,
    policy: Policy | None = None,
    framework: str | None = None,
) -> Any:
    """Return a model, with new weights, of its config.

    Args:
        config: A whole object config, or `{"class_name": "Sequential",
            "config": model.get_config()}` as the documents of TF 2.9 use it.
            One of an older version is upgraded; :func:`hornbook.upgrade` says
            how.
        custom_objects: Objects by name.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        policy: What the config may do.
        framework: As in :func:`hornbook.load_model`.

    Returns:
        A Keras model.

    Raises:
        ConfigError: It is not the config of a model.
        HornbookError: As :func:`hornbook.deserialize_keras_object`.
    """
    policy = policy_in_force(effective(policy, safe_mode=safe_mode))
    with wanting(framework, policy):
        chosen = framework_for(config, custom_objects)
    with reading(policy, custom_objects, framework=chosen) as reader:
        config = upgraded(config, reader.resolver)
        if not is_older(chosen):
            config = as_model(config)
        models_for(config, reader)
        config = reader.scan(config, kinds=current_registry().integrations.file_kinds)
        reader.budget.foresee(current_registry().integrations.asks(config))
        model = build(reader, lambda: reader.decode(config))
        checked_model(model)
        return model


def model_from_json(
    json_string: str | bytes,
    custom_objects: Mapping[str, Any] | None = None,
    *,
    safe_mode: bool = True,
    policy: Policy | None = None,
    framework: str | None = None,
) -> Any:
    """Return a model, with new weights, of the JSON that `model.to_json()` gives.

    Args:
        json_string: The JSON text, or its bytes in UTF-8.
        custom_objects: Objects by name.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        policy: What the config may do.
        framework: As in :func:`hornbook.load_model`.

    Returns:
        A Keras model.

    Raises:
        UnreadableError: (an `ArchiveError`) It is not JSON.
        HornbookError: As :func:`model_from_config`.

    Example:
        >>> model_from_json("")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        hornbook.errors.UnreadableError: This is not JSON: 'Expecting value: line 1 column 1 (char 0)' - at ...
    """
    limits = policy_in_force(effective(policy, safe_mode=safe_mode)).limits
    config = json_text.parse(json_string, "json_string", limits)
    if isinstance(config, str):  # `json.dump(model.to_json(), file)` encodes twice
        config = json_text.parse(config, "json_string", limits)
    return model_from_config(config, custom_objects, safe_mode=safe_mode, policy=policy, framework=framework)
