"""The state of an optimizer from files of Keras 1 and 2: where the optimizer of Keras 3 has a place for it.

Keras 1 to TF 2.10 stored all first moments, then all second ones; TF 2.11 and
later go variable by variable, as Keras 3 does, and store no learning rate.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hornbook.errors import OptimizerStateWarning, short

if TYPE_CHECKING:
    from hornbook.archive.weights.stores import WeightStore

_SHOWN = 3
# Names of slots in Keras 2.3 to 2.15, by the attribute that holds them now.
_SLOTS = {
    "_momentums": ("m", "momentum"),
    "momentums": ("m", "momentum", "moment"),
    "_velocities": ("v", "velocity", "rms", "accumulator"),
    "_velocity_hats": ("vhat", "velocity_hat"),
    "_average_gradients": ("mg", "average_gradient"),
    "_accumulators": ("accumulator",),
    "_accumulated_grads": ("accum_grad", "accumulated_grad", "accumulator"),
    "_accumulated_delta_vars": ("accum_var", "accumulated_delta_var", "delta_accumulator"),
    "_m": ("m",),
    "_u": ("u", "v", "norm"),
    "_linears": ("linear",),
}
# The order in which Keras 1 to 2.2, whose variables have no names, stored them.
_ORDER = (
    "momentums", "_momentums", "_velocities", "_velocity_hats", "_average_gradients",
    "_accumulators", "_accumulated_grads", "_accumulated_delta_vars", "_m", "_u", "_linears",
)  # fmt: skip
_PRODUCT = ("momentum_cache", "m_schedule", "variable")


class Slot(NamedTuple):
    """An array of the state of an optimizer.

    Args:
        name: Its name in the file; empty if it has none.
        value: The array.
    """

    name: str
    value: Any


def restore(
    optimizer: Any, slots: Sequence[Slot], variables: Sequence[Any] | None = None, *, without_rate: bool = True
) -> None:
    """Give an optimizer the state that a file has, and warn of what has no place.

    Args:
        optimizer: A built optimizer of Keras 3.
        slots: The arrays of the file, in its order.
        variables: The trained variables in the order of the file; by default
            that of the optimizer.
        without_rate: Whether arrays without a name have no learning rate among
            them.  Where that is not known, a number in its place is refused.
    """
    target = getattr(optimizer, "inner_optimizer", None) or optimizer
    if not slots:
        return
    if not target.built:
        _warn(target, slots, "it is not built")
        return
    if _is_same(optimizer.variables, slots):
        for variable, slot in zip(optimizer.variables, slots, strict=True):
            variable.assign(slot.value)
        return
    trained = list(target._trainable_variables)
    known = {id(variable) for variable in trained}
    variables = [variable for variable in variables or trained if id(variable) in known]
    single = dict(_single(target, slots))
    arrays = [slot for position, slot in enumerate(slots) if position not in single]
    if not without_rate and arrays and not arrays[0].name and arrays[0].value.shape == ():
        _warn(target, arrays, "a number of its state may be a learning rate")
        return
    try:
        pairs = _pairs(target, arrays, variables)
    except _NoPlaceError as error:
        _warn(target, arrays, str(error))
        return
    for variable, value in [*((one, slots[position].value) for position, one in single.items()), *pairs]:
        variable.assign(value)
    product = getattr(target, "_u_product", None)
    if product is not None and not any(one is product for one in single.values()):
        product.assign(_product(float(target.beta_1), int(target.iterations)))


def is_of_another(optimizer: Any, weights: WeightStore, path: str) -> bool:
    """Return whether a file has the state of an optimizer of another class of Keras, and warn if so.

    Shapes do not tell: a momentum of SGD is shaped like an accumulator of Adagrad.

    Args:
        optimizer: What is to be restored; anything else is none.
        weights: What the file has.
        path: Where the optimizer is in it.
    """
    import keras

    if not isinstance(optimizer, keras.optimizers.Optimizer):
        return False
    labels = weights.labels(path)
    name = None if labels is None else labels.name
    if name is None or name == optimizer.name:
        return False
    known = {_plain(one) for one in dir(keras.optimizers)} - {_plain(cls.__name__) for cls in type(optimizer).__mro__}
    if _plain(name) not in known:
        return False
    warnings.warn(
        f"The optimizer {type(optimizer).__name__} starts anew: the file has the state of `{short(name)[1:-1]}`",
        OptimizerStateWarning,
        stacklevel=2,
    )
    return True


def _plain(name: str) -> str:
    """Return the name of a class as it is in the names that Keras makes of it: `sgd_3`."""
    return re.sub(r"_\d+$", "", name).replace("_", "").lower()


def _is_same(variables: Sequence[Any], slots: Sequence[Slot]) -> bool:
    """Say whether the arrays are the variables one by one: Keras 3 wrote them."""
    if len(variables) != len(slots):
        return False
    pairs = list(zip(variables, slots, strict=True))
    single = [(_leaf(variable.path), _leaf(slot.name)) for variable, slot in pairs if slot.value.shape == ()]
    same = all(tuple(variable.shape) == slot.value.shape for variable, slot in pairs)
    return same and len(single) > 1 and all(one == other for one, other in single)


class _NoPlaceError(Exception):
    pass


def _warn(optimizer: Any, slots: Sequence[Slot], reason: str) -> None:
    named = [short(slot.name)[1:-1] for slot in slots[:_SHOWN] if slot.name]
    more = f": {', '.join(named)}{' ...' if len(slots) > _SHOWN else ''}" if named else ""
    warnings.warn(
        f"The optimizer {type(optimizer).__name__} starts anew: {reason} ({len(slots)} arrays in the file{more})",
        OptimizerStateWarning,
        stacklevel=2,
    )


def _single(optimizer: Any, slots: Sequence[Slot]) -> Iterator[tuple[int, Any]]:
    """Yield the positions of what belongs to no variable: the count of steps, the rate, the product of Nadam."""
    for position, slot in enumerate(slots):
        name = _leaf(slot.name)
        if slot.value.shape != ():
            continue
        if position == 0 and (not name or name.startswith("iter")):
            yield position, optimizer.iterations
        elif name.startswith(_PRODUCT) and hasattr(optimizer, "_u_product"):
            yield position, optimizer._u_product
        elif name == "learning_rate" and hasattr(optimizer._learning_rate, "assign"):
            yield position, optimizer._learning_rate


def _pairs(optimizer: Any, slots: Sequence[Slot], variables: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the variables of an optimizer and their values.

    Raises:
        _NoPlaceError: There is no place for them.
    """
    places = _places(optimizer)
    own = _own(optimizer)
    if not own:
        return []  # an SGD without momentum: TF 2.11 to 2.15 store its last step all the same
    grouped = _by_name(slots, places) if slots and _leaf(slots[0].name) else None
    ways = []
    if grouped is not None:
        ways.append(_of_slots(optimizer, grouped, places, variables))
    if len(own) == len(slots):
        ways.append(list(zip(own, [slot.value for slot in slots], strict=True)))
    if grouped is None and len(slots) >= len(places) * len(variables):
        ways.append(_of_slots(optimizer, _by_position(slots, places, len(variables)), places, variables))
    for way in ways:
        if way is not None and all(tuple(v.shape) == tuple(value.shape) for v, value in way):
            return way
    raise _NoPlaceError("it has other variables than its state in the file" if ways else "its state is another one")


def _product(beta_1: float, steps: int) -> float:
    """Return the running product of Nadam after some steps.

    TF 2.11 to 2.15 and tf_keras 2.20 do not write it, and go on with 1.0 after
    a load.  What each step multiplies it with is told by the number of the
    step alone; soon that is `beta_1`.
    """
    first = math.prod(1 - 0.5 * 0.96**step for step in range(1, min(steps, 1000) + 1))
    try:
        return first * beta_1**steps
    except OverflowError:  # no `beta_1` of Keras' own is above 1
        return math.inf


def _own(optimizer: Any) -> list[Any]:
    """Return what an optimizer has for the variables that it trains."""
    names = ("iterations", "_learning_rate", "_u_product")
    others = {id(getattr(optimizer, name, None)) for name in names}
    # Adafactor has empty ones for what has one dimension.
    others |= {id(one) for name in ("_r", "_c") for one in getattr(optimizer, name, ()) if tuple(one.shape) == ()}
    return [variable for variable in optimizer.variables if id(variable) not in others]


def _places(optimizer: Any) -> dict[str, list[Any]]:
    """Return the slots that an optimizer has: a list for each, with a place for each variable."""
    found = {name: getattr(optimizer, name, None) for name in _ORDER}
    return {name: value for name, value in found.items() if isinstance(value, list) and value}


def _by_name(slots: Sequence[Slot], places: Iterable[str]) -> dict[str, list[Any]] | None:
    """Return the arrays of each slot by what their names tell, or `None` if a name tells nothing."""
    of = {told: place for place in places for told in _SLOTS[place]}
    found: dict[str, list[Any]] = {}
    for slot in slots:
        told = [part for part in _parts(slot.name) if part in of]
        if not told:
            if not slot.value.any():
                continue  # what Keras has in the place of a slot that is not used: `vhat` without `amsgrad`
            return None
        found.setdefault(of[told[0]], []).append(slot.value)
    return found


def _by_position(slots: Sequence[Slot], places: Iterable[str], count: int) -> dict[str, list[Any]]:
    """Return the arrays of each slot, all of one before those of the next."""
    values = [slot.value for slot in slots]
    return {place: values[i * count : (i + 1) * count] for i, place in enumerate(places)}


def _of_slots(
    optimizer: Any, grouped: dict[str, list[Any]], places: dict[str, list[Any]], variables: Sequence[Any]
) -> list[tuple[Any, Any]] | None:
    """Return the variables of all slots with their values; `None` if there are more or less of them."""
    index = {id(variable): i for i, variable in enumerate(optimizer._trainable_variables)}
    found = []
    for place, values in grouped.items():
        if len(values) != len(variables):
            return None
        found += [
            (places[place][index[id(variable)]], value) for variable, value in zip(variables, values, strict=True)
        ]
    return found


def _parts(name: str) -> list[str]:
    """Return what in a name may be that of a slot: `Adam/m/d/kernel:0`, `Adam/d/kernel/m:0`, `m_0_1:0`."""
    parts = name.split("/")
    candidates = [_leaf(name)]
    if parts[0] in ("m", "v"):
        candidates.append(parts[0])
    candidates += parts[1:3]
    last = re.sub(r"(_\d+)+$", "", candidates[0])
    ending = re.search(r"_(momentum|velocity|velocity_hat|norm|accumulat\w*|linear|average_gradient)$", candidates[0])
    return [*([ending[1]] if ending else []), candidates[0], last, *candidates[1:]]


def _leaf(name: str) -> str:
    return re.sub(r":\d+$", "", name.rpartition("/")[2])
