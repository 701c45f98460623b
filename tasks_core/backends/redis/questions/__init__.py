"""
What people ask of the server, so that it costs what is asked for and not what is stored.

- answers: what operators ask of every backend alike.
- places: in which sorted sets the jobs of a state stand, and how they are read page by page.
- rows: jobs as values that show themselves like those of a table.
- figures: how many, how old, how fast. diagnosis: what is wrong.
"""
