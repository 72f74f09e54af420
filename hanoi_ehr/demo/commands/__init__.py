"""The only writers of the demonstration city."""
