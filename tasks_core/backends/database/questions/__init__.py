"""
What workers and people ask of the table of jobs, each question so that an index answers.

- look: what there may be to do for a worker, all in one query.
- indexed: the jobs of each state, as their index has them.
- statistics: how many, how old, how fast.
- answers: what operators ask of every backend alike.
- diagnosis: what is wrong, with stuck for what moves no more and findings for how it is said.
"""
