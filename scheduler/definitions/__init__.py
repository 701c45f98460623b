"""
From one declared entry to its row: read, compared, revised, and remembered.

``entry``       every option of a schedule, checked
``when``        those that say when            ``policies``   those that say what becomes of it
``computed``    those that are functions       ``fit``        backends that can keep its jobs
``trial``       would it be taken, and a job of it
``hashes``      a definition as text, and its hash
``releases``    which of two deploys is the older
``verdicts``    what a sync would do           ``revisions``  and does, one row at a time
``newcomers``   the same for many that are new
``settle``      what is due until now, decided before anything changes
``takeover``    a row begins to say something else
``overrides``   what an operator put in its place, which a deploy keeps
``dated``       its calendar says something else now
``zone_rules``  its time zone does
``versions``    the history of what a schedule said
"""
