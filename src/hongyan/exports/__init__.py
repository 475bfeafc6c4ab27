"""Lists that people take away: what a list is, and the files that jobs write of the long ones."""
