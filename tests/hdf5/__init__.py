"""HDF5 files of every age, made by the tests themselves."""
