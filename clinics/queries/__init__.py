"""The clinic's readers: every one stands in the facility of its context."""
