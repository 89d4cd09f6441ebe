"""Models of real Keras 2."""
