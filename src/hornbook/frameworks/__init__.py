"""What a framework with models has, and which one a value or a config belongs to."""
