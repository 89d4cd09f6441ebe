"""Fast loading is plain loading, sooner."""
