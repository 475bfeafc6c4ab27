"""SMPP 3.4 and 5.0."""
