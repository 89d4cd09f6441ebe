"""Objects with a level at any time: a config holds their class and their arguments."""

from hornbook import legacy
from myobjects import easings


class Curve:
    """What has a level at any time.

    `get_config` returns the arguments, objects among them: those are written
    with it, and `from_config` gets them as objects.
    """

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Constant(Curve):
    def __init__(self, level=1.0):
        self.level = level

    def at(self, time):
        return self.level

    def get_config(self):
        return {"level": self.level}


class Ramp(Curve):
    """Goes from one level to another within a time.

    Args:
        start: The level before.
        stop: The level after.
        length: How long it takes.
        easing: A function of `easings`, or its name.
    """

    def __init__(self, start=0.0, stop=1.0, length=1.0, easing="linear"):
        self.start, self.stop, self.length = start, stop, length
        self.easing = easings.get(easing)

    def at(self, time):
        done = min(max(time / self.length, 0.0), 1.0)
        return self.start + (self.stop - self.start) * self.easing(done)

    def get_config(self):
        return {"start": self.start, "stop": self.stop, "length": self.length, "easing": self.easing}


class Mean(Curve):
    """The mean of other curves; each may be an object, a config or a name."""

    def __init__(self, parts):
        self.parts = [get(part) for part in parts]

    def at(self, time):
        return sum(part.at(time) for part in self.parts) / len(self.parts)

    def get_config(self):
        return {"parts": self.parts}


ALL = {"Constant": Constant, "Ramp": Ramp, "Mean": Mean}


def serialize(curve):
    """Return the config of a curve, which JSON can hold."""
    return legacy.serialize_keras_object(curve)


def deserialize(config, custom_objects=None):
    """Return the curve that a config or a name stands for.

    Args:
        config: What `serialize` returned, or the name of a class.
        custom_objects: Classes and functions of the user, by name.
    """
    return legacy.deserialize_keras_object(
        config, module_objects=ALL, custom_objects=custom_objects, printable_module_name="curve"
    )


def get(identifier):
    """Return a curve for a config or a name, or as it is."""
    if identifier is None or isinstance(identifier, Curve):
        return identifier
    if isinstance(identifier, (dict, str)):
        return deserialize(identifier)
    raise ValueError(f"{identifier!r} is no curve")
