"""Files: `.keras` archives and their unzipped folders; weight stores; atomic writing."""
