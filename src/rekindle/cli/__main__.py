"""`python -m rekindle.cli` is `rekindle`."""

from rekindle.cli import main

main()
