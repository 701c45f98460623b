"""A small Django app that the tests run jobs in."""
