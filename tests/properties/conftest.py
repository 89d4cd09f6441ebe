"""Fixtures of the property tests."""

from __future__ import annotations

from defects.registries import clean_registries

__all__ = ["clean_registries"]
