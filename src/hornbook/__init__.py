"""hornbook: objects to configs, configs to objects, Keras models of every age.

The names are those of `keras.saving`; :mod:`hornbook.saving` has the same ones.
Importing this imports no framework.
"""

from typing import TYPE_CHECKING, Any

from hornbook import integrations as integrations
from hornbook import saving as saving
from hornbook.engine.registry import DEFAULT
from hornbook.errors import HornbookError as HornbookError
from hornbook.errors import HornbookWarning as HornbookWarning
from hornbook.policy import Limits as Limits
from hornbook.policy import Policy as Policy

__version__ = "0.2.0"

DEFAULT.integrations.expect(*integrations.WITH_REGISTRY)

if TYPE_CHECKING:
    from hornbook import legacy as legacy
    from hornbook.engine.codecs.codec import Codec as Codec
    from hornbook.engine.codecs.register import register_codec as register_codec
    from hornbook.saving import *  # noqa: F403
else:
    # Beside those of `saving`.
    PUBLIC = {
        "Codec": "hornbook.engine.codecs.codec",
        "HornbookError": "hornbook.errors",
        "HornbookWarning": "hornbook.errors",
        "Limits": "hornbook.policy",
        "Policy": "hornbook.policy",
        "register_codec": "hornbook.engine.codecs.register",
    }
    __all__ = tuple(sorted({*PUBLIC, *saving.PUBLIC}))

    def __getattr__(name: str) -> Any:
        if name == "legacy":
            import hornbook.legacy as value
        elif name in saving.PUBLIC:
            value = getattr(saving, name)
        elif name in PUBLIC:
            value = getattr(__import__(PUBLIC[name], fromlist=[name]), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
