"""The tasks of the adapter."""
