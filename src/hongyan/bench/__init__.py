"""Measures the whole road: a throw-away installation, a lean carrier, and figures of speed, cost, memory and sums."""
