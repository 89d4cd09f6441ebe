"""Models that real old versions of Keras wrote."""
