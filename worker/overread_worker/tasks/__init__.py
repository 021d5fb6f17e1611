"""What a job does: the only place where services and the learning engine meet.

Runs as ``python -m overread_worker.tasks JOB FENCE`` in a process of its own. Reads rows, computes with no transaction
open, writes rows back under the fence; a lost lease ends it without a word.
"""
