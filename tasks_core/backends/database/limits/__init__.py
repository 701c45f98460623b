"""
What may run at once, or how often: jobs with limits wait apart until they are let through.

- limited: what a call says of them, and that its job is stored parked.
- admit: whom they let through, under a lock for each key.
- allowances: how many they allow at this moment.
- sweep: whom nobody has let through.
"""
