"""Variables that have no value until they need one.

Keras runs the initializer of every variable, and throws most of what it made
away when the file is read.  Here a variable of a model that is being loaded
stays unset.  The first value assigned becomes its own; whoever reads it before
gets what the initializer makes, as usual.

With JAX, what nobody assigned to stays unset after the reading too.  So a
config alone takes no memory for the variables of its model before these are
used, however large they are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hornbook.integrations.divert import Diversion, Function, Gate, method
from hornbook.integrations.keras3 import private
from hornbook.integrations.keras3.device import Apart, own, place
from hornbook.integrations.keras3.hooks import allocating
from hornbook.integrations.keras3.weights import mismatch

_OPEN: ContextVar[Loading | None] = ContextVar("hornbook_unset", default=None)
_FIRST_READ = threading.RLock()


class Loading:
    """What one reading has left without a value.

    Attributes:
        private: Whether arrays that are assigned belong to nobody else, so
            that a variable may keep their memory.
    """

    def __init__(self) -> None:
        self.private = False
        self._unset: dict[int, _Unset] = {}
        self._later: list[Callable[[], None]] = []
        self._kept: set[int] = set()

    def leave(self, variable: Any, initialize: Callable[[Any, Any], None], initializer: Any) -> None:
        """Leave a new variable without a value."""
        self._unset[id(variable)] = _Unset(self, variable, initialize, initializer)

    def filled(self, variable: Any) -> None:
        """Forget a variable that has a value now."""
        del self._unset[id(variable)]

    def keeps(self, array: Any) -> bool:
        """Return whether the next variable may keep the memory of an array: one variable, and nobody else."""
        address = array.__array_interface__["data"][0]
        if not self.private or address in self._kept:
            return False
        self._kept.add(address)
        return True

    def later(self, call: Callable[[], None]) -> None:
        """Do something when every variable has its value."""
        self._later.append(call)

    def release(self, variables: Iterable[Any]) -> list[Any]:
        """Let those variables have their initial values to which nothing was assigned, and return them."""
        unset = [self._unset[id(variable)] for variable in variables if id(variable) in self._unset]
        unassigned = [entry for entry in unset if entry.array is None]
        for entry in unassigned:
            entry.release()
        return [entry.variable for entry in unassigned]

    def end(self, model: Any = None) -> None:
        """Give variables what was assigned to them, let all others have their initial values.

        Args:
            model: The model of a file: its weights that the file lacks are
                named in a warning.
        """
        weights = self.release(getattr(model, "weights", ()))
        self.release([entry.variable for entry in self._unset.values()])
        assigned = list(self._unset.values())
        if assigned:  # most readings are of small objects, which have no variables
            tensors = place([entry.variable for entry in assigned], [entry.array for entry in assigned])
            for entry, tensor in zip(assigned, tensors, strict=True):
                entry.take(tensor)
        for call in self._later:
            call()
        if weights:
            mismatch.initialized([variable.path for variable in weights])


class _Unset:
    """Stands in the place of the initializer of a variable that has no value."""

    def __init__(
        self, loading: Loading, variable: Any, initialize: Callable[[Any, Any], None], initializer: Any
    ) -> None:
        self.variable = variable
        self.array: Any = None
        self._loading, self._initialize, self._initializer = loading, initialize, initializer
        variable._value = None
        variable._initializer = self
        variable.assign = self.assign

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return the value of the variable to whoever reads it: for real, or for its shape alone."""
        traced = _traced(self._initializer, shape, dtype)
        if traced is not None:
            return traced
        if self.array is None and _is_lazy():
            allocating.filled(self.variable)
        self.initialize()
        return self.variable._value

    def assign(self, value: Any) -> Any:
        """Take a first value, which becomes a tensor later, together with others."""
        variable = self.variable
        fits = tuple(getattr(value, "shape", ())) == tuple(variable.shape) and not _is_stateless()
        array = own(variable, value, self._loading.keeps) if fits else None
        if array is not None:
            self.array = array
            return value
        if not fits:
            return type(variable).assign(variable, value)
        tensor = variable._convert_to_tensor(value, dtype=variable._dtype)
        self.take(tensor)
        return tensor

    def take(self, tensor: Any) -> None:
        """Give the variable its value."""
        self._set()
        self.variable._initialize(tensor)

    def initialize(self) -> None:
        """Give the variable what was assigned; if nothing was, do what Keras does with a new variable."""
        if self.array is not None:
            self.take(place([self.variable], [self.array])[0])
            return
        self._set()
        self._initialize(self.variable, self._initializer)

    def release(self) -> None:
        """Leave the variable to itself: it has its initial value at once, or when it is read."""
        if not _is_lazy():
            self.initialize()
            return
        allocating.waits(self._initializer, self.variable.shape)
        self._set()
        self.variable._initializer = _Later(self.variable, self._initializer)

    def _set(self) -> None:
        self._loading.filled(self.variable)
        self.variable._initializer = None
        del self.variable.assign


class _Later:
    """Stands in the place of the initializer of a variable that nobody has read since it was made."""

    def __init__(self, variable: Any, initializer: Any) -> None:
        self._variable, self._initializer = variable, initializer

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return the value of the variable, as :class:`_Unset` does; made once, also for several threads."""
        import jax

        traced = _traced(self._initializer, shape, dtype)
        if traced is not None:
            return traced
        variable = self._variable
        # Where a function of the user's is traced, the value must not belong to that.
        with _FIRST_READ, jax.ensure_compile_time_eval():
            initializer, self._initializer = self._initializer, None
            if variable._value is None and initializer is not None:
                value = variable._convert_to_tensor(initializer(shape, dtype=dtype), dtype=dtype)
                if variable._value is None:  # nobody has assigned another one
                    variable._initialize(value)
        return variable._value


def _traced(initializer: Any, shape: Any, dtype: Any) -> Any:
    """Return a value that is for a calculation of Keras alone; `None` outside of one."""
    import keras

    if private.in_symbolic_scope and private.in_symbolic_scope():
        return keras.ops.zeros(shape, dtype=dtype)
    return initializer(shape, dtype=dtype) if _is_stateless() else None


def _is_stateless() -> bool:
    return bool(private.in_stateless_scope and private.in_stateless_scope())


def _is_lazy() -> bool:
    """Return whether a variable may be without a value for good: PyTorch registers the tensors of a layer."""
    import keras

    return bool(keras.backend.backend() == "jax")


@contextmanager
def unset_variables() -> Iterator[Loading]:
    """Leave variables unset that are made in this block, until `end`."""
    loading = Loading()
    token = _OPEN.set(loading)
    try:
        yield loading
    finally:
        _OPEN.reset(token)


@contextmanager
def read_when_used() -> Iterator[None]:
    """Leave variables unset that are made in this block, until someone reads them; within a loading, until its end."""
    if _OPEN.get() is not None or not _is_lazy():
        yield
        return
    with unset_variables() as loading:
        yield
        loading.end()


@contextmanager
def given_to(load: Callable[..., Any], arrays: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give what `load` gets: the arrays themselves if it is Keras' own, which keeps none of them."""
    is_own = private.is_own(load)
    loading = _OPEN.get()
    if loading is None:
        yield arrays if is_own else Apart(arrays)
        return
    loading.private = is_own
    try:
        yield arrays if is_own else Apart(arrays)
    finally:
        loading.private = False


def release(variables: Iterable[Any]) -> None:
    """Let those variables that are unset have their initial values, as usual."""
    loading = _OPEN.get()
    if loading is not None:
        loading.release(variables)


def gates() -> list[Diversion]:
    """Return the functions that make variables; none if this version of Keras makes them in another way."""
    import keras

    initialize = getattr(private.BackendVariable, "_initialize_with_initializer", None)
    if keras.backend.backend() not in ("jax", "torch") or not isinstance(initialize, Function):
        return []
    return [
        Diversion("Variable._initialize_with_initializer", initialize, _initialize),
        Diversion("TorchLayer._post_build", method(private.TorchLayer, "_post_build"), _post_build),
    ]


def _initialize(original: Gate) -> Gate:
    is_nnx_enabled = private.is_nnx_enabled

    def initialize_with_initializer(self: Any, initializer: Any) -> None:
        loading = _OPEN.get()
        if (
            loading is None
            or self._initializer is not None  # it comes out of a stateless scope
            or not self._shape  # scalars are read in the middle of a call, and cost nothing
            or getattr(self, "_layout", None) is not None  # since Keras 3.10
            or private.state("distribution") is not None
            or (is_nnx_enabled and is_nnx_enabled())
        ):
            original(self, initializer)
        elif not _is_pure(initializer):
            if _is_lazy() and private.is_own(initializer):
                allocating.filled(self)
            original(self, initializer)
        else:
            loading.leave(self, original, initializer)

    return initialize_with_initializer


def _post_build(original: Gate) -> Gate:
    """PyTorch wants the tensors of a layer once it is built: it gets them when they are there."""

    def post_build(self: Any) -> None:
        loading = _OPEN.get()
        if loading is None:
            original(self)
        else:
            loading.later(lambda: original(self))

    return post_build


def _is_pure(initializer: Any) -> bool:
    """Return whether it makes no difference if and when an initializer runs: it is Keras' own, with a fixed seed."""
    return isinstance(getattr(initializer, "seed", 0), int) and private.is_own(type(initializer), "initializers.")
