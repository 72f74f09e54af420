"""The clinic's rules: pure, cited, without a clock."""
