"""
What schedules cost and how late they are, with real schedulers.

due        many due at one minute: how soon the last of their jobs is stored
punctual   one due each second: how soon its job is stored, and begins
waiting    a scheduler that has many schedules and nothing to do
sync       the start of a scheduler whose declarations are in the database already
limit      the same minute in nothing but SQL
rows       schedules as a day of work leaves them
"""
