"""The generations of Keras as tables: what each does that another does not.

One engine reads these.  :data:`HORNBOOK` is our own; the others are what real
versions answered (TF 2.2.0, TF 2.9.3, TF 2.15.1, Keras 3.6.0, Keras 3.15.1),
without what is a defect or a danger in them: no table lets a file import a
module or change the caller's config.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Source = Literal["argument", "scope", "registry"]
Order = tuple[Source, ...]
Again = Literal["warning", "replace", "error"]

ARGUMENT_FIRST: Order = ("argument", "scope", "registry")
SCOPE_FIRST: Order = ("scope", "registry", "argument")
REGISTRY_FIRST: Order = ("registry", "scope", "argument")


class Dialect(NamedTuple):
    """What one generation does; the defaults are our own.

    Args:
        name: The generation, as its module in :mod:`hornbook.legacy` is called.
        root: Where the name of the outermost object is looked up, in order.
        parts: The same for all that is within it, and for names given as
            strings.
        instances: Whether a string that names a class gives an instance of it
            (the document of TF 2.2); TF 2.15 to Keras 3.15 give the class.
        strings: Whether every string in a list or dict may be a name, and a
            name that `module_objects` lacks is returned as it is.
        registered_only: Whether the registered name of a config alone names a
            custom class, and wins over a built-in one; the document of Keras
            3.6 says that it is only used for other classes.
        imported: Whether a class of a module that is imported already may be
            used without being trusted.
        more: Whether unknown keywords of `deserialize_keras_object` are passed
            over.
        sorted: Whether a class is never a function's name, nor a function a
            class's.
        lists: Whether `config` of an object may be a list.
        functions: Whether functions are written by their `"registered"` name
            or by their `"bare"` one.
        unwritten: Types of plain values that this generation did not write.
        shared: Whether an object met twice gets a shared id without being
            asked for.
        again: What a second registration under one key is: a `"warning"`,
            allowed (`"replace"`), or an `"error"`.
        wrapped: Which exceptions out of a class come out as one of ours, with
            the place; others pass as they are.
        flat_root: As `root`, for dicts of the flat form.
        flat_strings: As `flat_root`, for strings.
        flat_functions: Whether a string in a flat config may also name a
            function of `module_objects` (since Keras 3.14).
        flat_lists: Whether `config` of a flat config may be a list, as an old
            `Sequential` had it.
        flat_deep: Whether objects in lists and dicts of a flat config are
            written and read as well.
        flat_calls: Whether a function that a custom object's name stands for is
            called with the inner config, as if it were a class.
        flat_modules: Whether the flat form reads `module` where a config has one.
        called: Whether a class that is registered under a package is found by its
            bare name, where a flat config has no other.
        names: Whether the field `name` of a flat config may name a function.
        unwraps: Whether the flat form writes the function that another one
            wraps.
    """

    name: str
    root: Order = ARGUMENT_FIRST
    parts: Order = ARGUMENT_FIRST
    instances: bool = True
    strings: bool = False
    registered_only: bool = False
    imported: bool = False
    more: bool = False
    sorted: bool = True
    lists: bool = False
    functions: Literal["registered", "bare"] = "registered"
    unwritten: tuple[type, ...] = ()
    shared: bool = True
    again: Again = "warning"
    wrapped: tuple[type[Exception], ...] = (Exception,)
    flat_root: Order = ARGUMENT_FIRST
    flat_strings: Order = ARGUMENT_FIRST
    flat_functions: bool = False
    flat_lists: bool = True
    flat_deep: bool = True
    flat_calls: bool = False
    flat_modules: bool = True
    called: bool = True
    names: bool = False
    unwraps: bool = False


HORNBOOK = Dialect("hornbook")

_FLAT = Dialect(
    "",
    flat_root=SCOPE_FIRST,
    flat_deep=False,
    flat_calls=True,
    flat_modules=False,
    called=False,
    wrapped=(),
    sorted=False,
)
# Scopes of these two are entries of the registry, so there is nothing to order.
TF_2_2 = _FLAT._replace(name="tf2_2", again="error", flat_lists=False, names=True)
TF_2_9 = _FLAT._replace(name="tf2_9", again="error")

_V3 = _FLAT._replace(
    root=SCOPE_FIRST,
    parts=REGISTRY_FIRST,
    instances=False,
    strings=True,
    lists=True,
    registered_only=True,
    shared=False,
    again="replace",
)
TF_2_15 = _V3._replace(name="tf2_15", imported=True, functions="bare", unwritten=(slice, type(Ellipsis)))
KERAS_3_6 = _V3._replace(
    wrapped=(TypeError,), name="keras3_6", imported=True, more=True, functions="bare", unwraps=True
)
KERAS_3_15 = _V3._replace(
    wrapped=(TypeError,), name="keras3_15", more=True, lists=False, unwraps=True, flat_functions=True
)
