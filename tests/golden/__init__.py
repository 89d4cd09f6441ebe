"""Files of real versions."""
