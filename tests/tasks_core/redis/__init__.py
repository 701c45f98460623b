"""The Redis backend, arrow by arrow, on a real server."""
