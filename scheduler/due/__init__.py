"""When a trigger is due: cron's text, time zones and their changes, and what may be asked."""
