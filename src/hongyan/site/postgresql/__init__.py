"""Django's PostgreSQL backend, with a cheaper look at kept connections (`base.py`, where Django looks for it)."""
