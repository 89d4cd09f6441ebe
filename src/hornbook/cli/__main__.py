"""`python -m hornbook.cli` is `hornbook`."""

from hornbook.cli import main

main()
