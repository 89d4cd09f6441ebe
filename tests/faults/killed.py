"""A program that saves models in children which it kills, and says what was there afterwards.

    python killed.py HOW FORM TARGET SEED COUNT

HOW is `moment` (SIGKILL after a random time, COUNT times) or `step` (SIGKILL
before each line of the module that replaces files, COUNT at most).  FORM is
`file` or `folder`; with `plain-` in front, what only Linux has is not used.
The children are forks, so Keras runs on NumPy here, which has no threads.
Prints JSON: how many children were killed in the middle, and what was found.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path


class Saving:
    """Two models, saved in turn to one target."""

    def __init__(self, form, target, seed):
        import hornbook
        from hornbook.archive.files import atomic

        self.library, self.replacing = hornbook, atomic
        self.zipped, self.target = "folder" not in form, target
        self.chance = random.Random(seed)
        self.loaded = {}
        self.models = [self.model(1.0), self.model(2.0)]
        if form.startswith("plain"):
            atomic._unnamed = lambda target, mode: None
            atomic._exchanged = lambda one, other: False
        self.save(0)
        start = time.monotonic()
        self.save(1)
        self.longest = 4 * (time.monotonic() - start)

    @staticmethod
    def model(value):
        """Return a model all of whose weights are one number."""
        import keras

        made = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, name="dense")], name="model")
        made.set_weights([weight * 0 + value for weight in made.get_weights()])
        return made

    def save(self, which):
        self.library.save_model(self.models[which], self.target, zipped=self.zipped)

    def content(self):
        """Return all bytes that are there."""
        target = self.target
        files = [path for path in sorted(target.rglob("*")) if path.is_file()] if target.is_dir() else [target]
        return tuple((path.name, path.read_bytes()) for path in files)

    def whole(self):
        """Return the one number of the model that is there.  Equal bytes are loaded once."""
        there = self.content()
        if there not in self.loaded:
            weights = self.library.load_model(self.target).get_weights()
            [self.loaded[there]] = {float(value) for weight in weights for value in weight.ravel()}
        return self.loaded[there]

    def at_a_moment(self, position):
        """Kill a fork that saves all the time."""

        def work():
            while True:
                self.save(1)
                self.save(0)

        number = child(work)
        time.sleep(self.chance.uniform(0, self.longest))
        os.kill(number, signal.SIGKILL)
        return was_killed(number)

    def at_step(self, position):
        """Have a fork kill itself before the line that it would run as number `position`."""
        left = [position + 1]

        def trace(frame, event, argument):
            if frame.f_code.co_filename != self.replacing.__file__:
                return None
            if event == "line":
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        def work():
            sys.settrace(trace)
            self.save(position % 2)

        return was_killed(child(work))


def child(work):
    """Run `work` in a fork that never returns; return its number."""
    number = os.fork()
    if number == 0:
        try:
            work()
        finally:
            os._exit(0)
    return number


def was_killed(number):
    """Wait for a fork; say whether it was killed."""
    _, status = os.waitpid(number, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def main(how, form, target, seed, count):
    target = Path(target)
    saving = Saving(form, target, int(seed))
    kills, found, absent, litter = 0, set(), 0, 0
    for position in range(int(count)):
        killed = saving.at_a_moment(position) if how == "moment" else saving.at_step(position)
        kills += killed
        if target.exists():
            found.add(saving.whole())
        else:
            absent += 1
        litter += len(os.listdir(target.parent)) > target.exists()
        if how == "step" and not killed:
            break
    saving.save(0)
    told = {"kills": kills, "found": sorted(found), "absent": absent, "litter": litter}
    print(json.dumps({**told, "left": sorted(os.listdir(target.parent))}))


if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "numpy"
    main(*sys.argv[1:])
