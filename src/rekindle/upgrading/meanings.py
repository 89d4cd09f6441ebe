"""Names that meant something else: kept by an explicit argument, or by a function of ours."""

from __future__ import annotations

from rekindle.upgrading.part import Rule

RULES: tuple[Rule, ...] = ()
