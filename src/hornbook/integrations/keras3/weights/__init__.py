"""Arrays of files and variables of models: which belong to each other, and in which order."""
