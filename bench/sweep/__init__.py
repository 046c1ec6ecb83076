"""Filtered search in every shape: what comes back, how much of it is right, and how fast."""
