"""What users of `myobjects` can do; none of it needs a framework."""

import json

from myobjects import curves

import hornbook
from hornbook import legacy


class Blink(curves.Curve):
    """A curve of the user's: the library does not know it."""

    def __init__(self, period=2.0):
        self.period = period

    def at(self, time):
        return float(time % self.period < self.period / 2)

    def get_config(self):
        return {"period": self.period}


def hasty(x):
    """An easing of the user's."""
    return x**0.5


def main():
    print("Round trip")
    evening = curves.Mean([curves.Ramp(1.0, 0.0, length=4.0, easing="smooth"), curves.Constant(0.2)])
    text = json.dumps(curves.serialize(evening))
    print(f"  {text}")
    again = curves.deserialize(json.loads(text))
    print(f"  at 1: {again.at(1.0):.3f}, as before: {again.at(1.0) == evening.at(1.0)}")

    print("By name")
    print(f"  {type(curves.get('Ramp')).__name__} up to {curves.get('Ramp').stop}")

    print("Custom objects")
    config = curves.serialize(curves.Mean([Blink(), curves.Ramp(easing=hasty)]))
    with hornbook.custom_object_scope({"Blink": Blink, "hasty": hasty}):
        blink, ramp = curves.deserialize(config).parts
    print(f"  in a scope: {type(blink).__name__}, {ramp.easing.__name__}")
    blink, ramp = curves.deserialize(config, custom_objects={"Blink": Blink, "hasty": hasty}).parts
    print(f"  as an argument: {type(blink).__name__}, {ramp.easing.__name__}")

    print("Shared objects")
    dusk = curves.Ramp(1.0, 0.0)
    with legacy.SharedObjectSavingScope():
        configs = [curves.serialize(curves.Mean([dusk])), curves.serialize(dusk)]
    with legacy.SharedObjectLoadingScope():
        mean, alone = [curves.deserialize(config) for config in configs]
    print(f"  one object in two places: {mean.parts[0] is alone}")

    print("Errors")
    for wrong in ({"class_name": "Rmap", "config": {}}, config):
        try:
            curves.deserialize(wrong)
        except ValueError as error:
            print("  " + str(error).replace("\n", "\n  "))


if __name__ == "__main__":
    main()
