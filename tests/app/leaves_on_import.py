"""A module that ends the process which imports it, as one does that misses its settings."""

import sys

sys.exit("SOME_VARIABLE is not set")
