"""The same no-op for each product. For ours this is an installed app: its tasks are in tasks.py."""
