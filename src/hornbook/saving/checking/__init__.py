"""Whether an object comes back from its config as what it is."""
