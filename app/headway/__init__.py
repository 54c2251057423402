"""Headway: mission control for agent delegations, in the terminal."""

__version__ = "0.1.0"
