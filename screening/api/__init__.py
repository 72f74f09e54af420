"""What hospitals' systems send to screening."""
