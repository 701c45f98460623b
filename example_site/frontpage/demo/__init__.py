"""What the command ``demo`` is made of: content, child processes, and a verdict at the end."""
