"""Calls of Keras' own functions that come to us: within scopes and readings, and under `install()`."""
