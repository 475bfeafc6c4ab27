"""`python -m hongyan.cli`."""

from hongyan.cli import main

main()
