"""Functions from 0 to 1: a config names them by their name."""

from hornbook import legacy


def linear(x):
    return x


def smooth(x):
    return x * x * (3 - 2 * x)


ALL = {"linear": linear, "smooth": smooth}


def serialize(easing):
    """Return the name of a function."""
    return legacy.serialize_keras_object(easing)


def deserialize(config, custom_objects=None):
    """Return the function that a name stands for."""
    return legacy.deserialize_keras_object(
        config, module_objects=ALL, custom_objects=custom_objects, printable_module_name="easing"
    )


def get(identifier):
    """Return a function for its name, or as it is."""
    return identifier if callable(identifier) else deserialize(identifier)
