"""What the template tags of `templatetags/components.py` are made of."""
