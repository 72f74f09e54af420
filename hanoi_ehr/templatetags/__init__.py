"""The visual language of the templates."""
