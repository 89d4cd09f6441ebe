"""Judging files without a framework: what one names, holds and asks for, and what loading it would say.

The command and :func:`hornbook.audit` are thin: the readers of `archive` and the judge of
`engine` that loading uses are used here too, up to the moment before something is built.
"""
