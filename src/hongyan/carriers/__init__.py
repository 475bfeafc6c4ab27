"""Administration of the ways to carriers: channels, routes, prices, code rules, ported numbers. The tables are dispatch's."""
