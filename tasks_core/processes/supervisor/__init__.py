"""
Starts, watches and restarts the worker processes. Standard library only, and no Django.

It is started by its path, so that neither Django nor our own package is imported into it: what
stays in memory for months is small, and whatever a job breaks is broken elsewhere. Imports in
here are therefore relative.
"""
