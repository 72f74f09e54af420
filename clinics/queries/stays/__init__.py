"""Questions about stays: who lies where, and one stay with its days."""
