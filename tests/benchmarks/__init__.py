"""Programs that measure, each for itself: python -m tests.benchmarks.<name>."""
