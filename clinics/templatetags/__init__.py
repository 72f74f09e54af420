"""Template words of the clinics."""
