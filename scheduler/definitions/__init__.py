"""From one declared entry to its row: checked, compared, revised."""
