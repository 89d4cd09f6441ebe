"""What changed between versions of Keras, rule by rule."""
