"""Checkpoints of TensorFlow: an index, the shards that have the values, and a graph of the objects they are of."""
