"""Weights in files: stores by path, weights by layer, and how much of both there is."""
