"""Insurance files: what each table must say, how tables hang together, and where a mistake is mended. Pure."""
