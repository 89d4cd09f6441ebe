"""What a generation of a framework does that another one does not, as one table.

One engine reads it.  :data:`HORNBOOK` is our own; those of the generations
that were are in :mod:`hornbook.legacy.tables`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Source = Literal["argument", "scope", "registry"]
Order = tuple[Source, ...]
# A name by which a custom class may be known: its registered name, its module and name, its name, and what
# stands behind the package in that.
ClassName = Literal["registered", "qualified", "bare", "unpackaged"]
Form = Literal["modules", "flat"]
OnDuplicate = Literal["warning", "replace", "error"]

ARGUMENT_FIRST: Order = ("argument", "scope", "registry")
SCOPE_FIRST: Order = ("scope", "registry", "argument")
REGISTRY_FIRST: Order = ("registry", "scope", "argument")


class Dialect(NamedTuple):
    """What one generation does; the defaults are our own.

    Args:
        name: The generation, as its module in :mod:`hornbook.legacy` is called.
        root: Where the name of the outermost object is looked up, in order;
            in the flat form that of every dict.
        parts: The same for all that is within it, and for names given as
            strings.
        class_names: The names by which a custom class is looked up, in order.
            Where the registered name is the only one, it wins over a built-in
            of the class's name; the document of Keras 3.6 says that it is only
            used for other classes.
        imported_classes: Which classes of modules that are imported already may be
            used: those that are trusted, or all that have a config.
        strict_kinds: Whether a class is never a function's name, nor a function a
            class's.  Where it may be one, a function that a custom object's name
            stands for is called with the inner config of the flat form.
        strings_anywhere: Whether every string in a list or dict may be a name,
            which stands for what has it, or for itself where `module_objects` lacks
            it (TF 2.15 to Keras 3.15).  Otherwise a string by itself may be
            one, and that of a class gives an instance (the document of TF 2.2).
        extra_keywords: Whether unknown keywords of `deserialize_keras_object` are
            passed over.
        config_may_be_list: The forms in which the `config` of an object may be a
            list, as an old `Sequential` had it.
        function_names: Whether functions are written by their registered or by
            their bare name.
        unwritten_types: Types of plain values that this generation did not write.
        shares_objects: Whether an object met twice gets a shared id without being
            asked for.
        on_duplicate: What a second registration under one key is: a `"warning"`,
            allowed (`"replace"`), or an `"error"`.
        wrapped_exceptions: Which exceptions out of a class come out as one of ours,
            with the place; others pass as they are.
        writes_flat: Whether a generation has no other form than the flat one.
        flat_containers: Whether objects in lists and dicts of a flat config are
            written and read as well.
        flat_whole_names: Whether the class name of a flat config is all that it is
            known by: its module is not read, and a class that is registered under
            a package is not found by its bare name.
        flat_functions: Whether a string in a flat config may also name a
            function of `module_objects` (since Keras 3.14).
        flat_name_field: Whether the field `name` of a flat config may name a function.
        flat_unwraps: Whether the flat form writes the function that another one
            wraps.
    """

    name: str
    root: Order = ARGUMENT_FIRST
    parts: Order = ARGUMENT_FIRST
    class_names: tuple[ClassName, ...] = ("registered", "qualified", "bare", "unpackaged")
    imported_classes: Literal["trusted", "with config"] = "trusted"
    strict_kinds: bool = True
    strings_anywhere: bool = False
    extra_keywords: bool = False
    config_may_be_list: tuple[Form, ...] = ("flat",)
    function_names: Literal["registered", "bare"] = "registered"
    unwritten_types: tuple[type, ...] = ()
    shares_objects: bool = True
    on_duplicate: OnDuplicate = "warning"
    wrapped_exceptions: tuple[type[Exception], ...] = (Exception,)
    writes_flat: bool = False
    flat_containers: bool = True
    flat_whole_names: bool = False
    flat_functions: bool = False
    flat_name_field: bool = False
    flat_unwraps: bool = False


HORNBOOK = Dialect("hornbook")
