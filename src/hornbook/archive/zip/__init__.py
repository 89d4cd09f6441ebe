"""ZIP archives, read strictly and written the same for equal models."""
