"""Files of the file system: opened with care, and replaced in one step."""
