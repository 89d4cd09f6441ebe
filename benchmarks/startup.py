"""What `import hornbook` adds to a bare interpreter.

    python benchmarks/startup.py [--runs N]

Whole processes, in turn: one that does nothing, one that imports hornbook.
The figure is the difference of the fastest runs, in milliseconds; the limit
is 30.  It also fails if NumPy, h5py or a framework is imported.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

LIMIT_MS = 30.0
HEAVY = ("numpy", "h5py", "keras", "torch", "jax", "tensorflow", "click", "rich")
CHECK = f"import hornbook, sys; raise SystemExit(bool(set({HEAVY!r}) & set(sys.modules)))"


def seconds(code: str) -> float:
    """Return how long an interpreter takes for `code`."""
    start = time.perf_counter()
    compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # an import is compiled once, not each time
    subprocess.run([sys.executable, "-c", code], check=True, env=compiled)
    return time.perf_counter() - start


def main() -> int:
    """Print the figure; exit 1 if it is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = [(seconds("pass"), seconds(CHECK)) for _ in range(parser.parse_args().runs)]
    bare, ours = (1e3 * min(column) for column in zip(*runs, strict=True))
    print(f"bare interpreter {bare:.1f} ms, with hornbook {ours:.1f} ms: {ours - bare:.1f} ms (limit {LIMIT_MS:.0f})")
    return 1 if ours - bare > LIMIT_MS else 0


if __name__ == "__main__":
    raise SystemExit(main())
