"""Rules of the registry: pure Python, no Django, no clock (`today` is always a parameter)."""
