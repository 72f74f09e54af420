"""Pages about stays in bed: the ward, one stay, admission and leaving, and the papers of an ending."""
