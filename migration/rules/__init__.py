"""Rules of migration: pure Python, no Django, no clock."""
