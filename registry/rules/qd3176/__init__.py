"""QĐ 3176/QĐ-BYT as a format: its tables and fields, its moments, its XML. Who writes and who reads it share this."""
