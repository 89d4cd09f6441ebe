"""What happens to saved models when something goes wrong meanwhile, with real processes."""
