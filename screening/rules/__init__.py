"""Rules of screening: pure Python, each with its source."""
