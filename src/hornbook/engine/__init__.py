"""Config to object and object to config; knows no framework and no file."""
