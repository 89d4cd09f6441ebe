"""What is written, what tells beforehand whether it loads, and what tells two files apart."""
