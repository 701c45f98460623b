"""One tick: lock what is due, decide, record, and set back what fails."""
