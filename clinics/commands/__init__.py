"""The clinic's writers."""
