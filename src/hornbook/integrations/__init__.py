"""What a framework adds; each module is an entry point, none is imported before its framework."""
