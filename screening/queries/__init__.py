"""The only readers of screening."""
