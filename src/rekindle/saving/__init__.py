"""The public names, as Keras has them."""
