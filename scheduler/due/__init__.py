"""
When something is due: cron's text, time zones and their changes, and what a trigger is asked.

``cron_syntax``    the text of a cron expression, checked and normalised
``cron_fields``    its five columns
``cron_days``      days that it counts within a month: L, LW, FRI#2
``zones``          names of zones, and when one changes its offset
``abbreviations``  short names that are no zones
``tzdata``         which release of the zones this process has
``weekdays``       days of the week by name
``dst``            what to know about a due time near a change of the clocks
``protocol``       what a trigger is, and how it is asked
``questions``      the newest, the previous, how many: without walking through all due times
``gates``          what stands between a due time and its job for a while
``descriptions``   triggers in words
"""
