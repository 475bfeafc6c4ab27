"""Hongyan 鸿雁: a self-hosted enterprise SMS platform."""

__version__ = "0.1.0"
