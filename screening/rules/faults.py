"""What is wrong with the data of a version."""


class UnusableRulesError(ValueError):
    """The data of a version cannot be read; the message names the key, in Vietnamese."""
