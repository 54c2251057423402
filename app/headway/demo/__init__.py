"""The demo: simulated agents and a gentle load on them, so that the board has something to show at once."""
