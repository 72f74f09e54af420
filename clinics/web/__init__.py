"""The clinic's pages."""
