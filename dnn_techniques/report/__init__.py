"""The pages of all results."""
