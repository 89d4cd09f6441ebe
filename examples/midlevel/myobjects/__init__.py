"""Curves of brightness over time: what a small library of its own kind of object looks like."""

from myobjects import curves, easings

__all__ = ["curves", "easings"]
