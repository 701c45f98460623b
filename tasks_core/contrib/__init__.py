"""What joins us to other packages. Each is imported only when somebody uses it."""
