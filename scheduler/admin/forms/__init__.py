"""
What people fill in, and what it means to the operations; a form itself writes nothing.

``schedule``  a schedule of the database          ``override``  another trigger or arguments
``when``      the kinds of trigger, field by field ``verbs``     what a verb must be told
``calendar``  the rules of a calendar              ``fields``    spans, JSON, lines of text
``choices``   tasks, queues, backends, calendars that there are
``words``     the help beside the fields         ``searching`` a select that can be searched
"""
