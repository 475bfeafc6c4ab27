"""Data of a size: a million people, their orders, a year of their messages and a table, written by the database itself."""
