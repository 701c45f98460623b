"""What the scenarios share: a load, havoc among processes, books that must balance, a tally."""
