"""Faults on purpose: processes are killed, and the books must still balance."""
