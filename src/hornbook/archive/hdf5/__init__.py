"""HDF5 read without the HDF5 library: the part of the format that Keras writes, and nothing else of it."""
