"""Codecs: how a value is written and read, by its type and by its tag."""
