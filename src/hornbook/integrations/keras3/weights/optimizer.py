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
from hornbook.integrations.keras3.weights.assign import Pairs, assign
from hornbook.integrations.keras3.weights.mismatch import listed

if TYPE_CHECKING:
    from hornbook.archive.weights.stores import WeightStore

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


class _NoPlaceError(Exception):
    """What a file has for an optimizer has no place in it.

    Args:
        reason: Why.
        slots: What has none.
    """

    def __init__(self, reason: str, slots: Sequence[Slot]) -> None:
        super().__init__(reason)
        self.slots = slots


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
    try:
        if not target.built:
            raise _NoPlaceError("it is not built", slots)
        if _is_same(optimizer.variables, slots):
            assign([(variable, slot.value) for variable, slot in zip(optimizer.variables, slots, strict=True)])
            return
        pairs = _planned(target, slots, variables, without_rate=without_rate)
    except _NoPlaceError as error:
        _warn(target, error)
        return
    assign(pairs)
    product = getattr(target, "_u_product", None)
    if product is not None and not any(variable is product for variable, _ in pairs):
        assign([(product, _product(float(target.beta_1), int(target.iterations)))])


def _planned(optimizer: Any, slots: Sequence[Slot], variables: Sequence[Any] | None, *, without_rate: bool) -> Pairs:
    """Return the variables of an optimizer and their values: those that belong to no variable first.

    Raises:
        _NoPlaceError: There is no place for some.
    """
    single = dict(_single(optimizer, slots))
    arrays = [slot for position, slot in enumerate(slots) if position not in single]
    if not without_rate and _may_begin_with_rate(arrays):
        raise _NoPlaceError("a number of its state may be a learning rate", arrays)
    own = _trained(optimizer, variables)
    return [
        *((variable, slots[position].value) for position, variable in single.items()),
        *_of_variables(optimizer, arrays, own),
    ]


def _trained(optimizer: Any, variables: Sequence[Any] | None) -> list[Any]:
    """Return those of some variables that an optimizer trains; by default all that it trains."""
    trained = list(optimizer._trainable_variables)
    known = {id(variable) for variable in trained}
    return [variable for variable in variables or trained if id(variable) in known]


def _may_begin_with_rate(slots: Sequence[Slot]) -> bool:
    return bool(slots) and not slots[0].name and slots[0].value.shape == ()


def is_of_another(optimizer: Any, weights: WeightStore, path: str) -> bool:
    """Return whether a file has the state of an optimizer of another class of Keras, and warn if so.

    Shapes cannot decide: a momentum of SGD is shaped like an accumulator of Adagrad.

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
    others = {_plain(cls) for cls in dir(keras.optimizers)} - {_plain(cls.__name__) for cls in type(optimizer).__mro__}
    if _plain(name) not in others:
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
    """Return whether the arrays are the variables one by one: Keras 3 wrote them."""
    if len(variables) != len(slots):
        return False
    pairs = list(zip(variables, slots, strict=True))
    single = [(_leaf(variable.path), _leaf(slot.name)) for variable, slot in pairs if slot.value.shape == ()]
    same = all(tuple(variable.shape) == slot.value.shape for variable, slot in pairs)
    return same and len(single) > 1 and all(own == stored for own, stored in single)


def _warn(optimizer: Any, error: _NoPlaceError) -> None:
    names = listed([short(slot.name)[1:-1] for slot in error.slots if slot.name])
    more = f": {names}" if names else ""
    warnings.warn(
        f"The optimizer {type(optimizer).__name__} starts anew: {error} ({len(error.slots)} arrays in the file{more})",
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


def _of_variables(optimizer: Any, slots: Sequence[Slot], variables: Sequence[Any]) -> Pairs:
    """Return what an optimizer has for the variables that it trains, and the values of it.

    Raises:
        _NoPlaceError: There is no place for them.
    """
    own = _own(optimizer)
    if not own:
        return []  # an SGD without momentum: TF 2.11 to 2.15 store its last step all the same
    ways = list(_ways(optimizer, own, slots, variables))
    for way in ways:
        if way is not None and all(tuple(variable.shape) == tuple(value.shape) for variable, value in way):
            return way
    reason = "it has other variables than its state in the file" if ways else "its state is another one"
    raise _NoPlaceError(reason, slots)


def _ways(
    optimizer: Any, own: Sequence[Any], slots: Sequence[Slot], variables: Sequence[Any]
) -> Iterator[Pairs | None]:
    """Yield the ways to give arrays to the variables of an optimizer: by names, one by one, or slot by slot."""
    places = _places(optimizer)
    grouped = _by_name(slots, places) if slots and _leaf(slots[0].name) else None
    if grouped is not None:
        yield _of_slots(optimizer, grouped, places, variables)
    if len(own) == len(slots):
        yield [(variable, slot.value) for variable, slot in zip(own, slots, strict=True)]
    if grouped is None and len(slots) >= len(places) * len(variables):
        yield _of_slots(optimizer, _by_position(slots, places, len(variables)), places, variables)


def _product(beta_1: float, steps: int) -> float:
    """Return the running product of Nadam after some steps.

    TF 2.11 to 2.15 and tf_keras 2.20 do not write it, and go on with 1.0 after
    a load.  What each step multiplies it with follows from the number of the
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
    others |= {id(slot) for name in ("_r", "_c") for slot in getattr(optimizer, name, ()) if tuple(slot.shape) == ()}
    return [variable for variable in optimizer.variables if id(variable) not in others]


def _places(optimizer: Any) -> dict[str, list[Any]]:
    """Return the slots that an optimizer has: a list for each, with a place for each variable."""
    slots = {name: getattr(optimizer, name, None) for name in _ORDER}
    return {name: value for name, value in slots.items() if isinstance(value, list) and value}


def _by_name(slots: Sequence[Slot], places: Iterable[str]) -> dict[str, list[Any]] | None:
    """Return the arrays of each slot by what their names say, or `None` if a name says nothing."""
    place_of = {name: place for place in places for name in _SLOTS[place]}
    grouped: dict[str, list[Any]] = {}
    for slot in slots:
        names = [part for part in _parts(slot.name) if part in place_of]
        if names:
            grouped.setdefault(place_of[names[0]], []).append(slot.value)
        elif slot.value.any():  # else what Keras has in the place of a slot that is not used: `vhat` without `amsgrad`
            return None
    return grouped


def _by_position(slots: Sequence[Slot], places: Iterable[str], count: int) -> dict[str, list[Any]]:
    """Return the arrays of each slot, all of one before those of the next."""
    values = [slot.value for slot in slots]
    return {place: values[i * count : (i + 1) * count] for i, place in enumerate(places)}


def _of_slots(
    optimizer: Any, grouped: dict[str, list[Any]], places: dict[str, list[Any]], variables: Sequence[Any]
) -> Pairs | None:
    """Return the variables of all slots with their values; `None` if there are more or less of them."""
    index = {id(variable): i for i, variable in enumerate(optimizer._trainable_variables)}
    pairs: Pairs = []
    for place, values in grouped.items():
        if len(values) != len(variables):
            return None
        slots = [places[place][index[id(variable)]] for variable in variables]
        pairs += zip(slots, values, strict=True)
    return pairs


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
