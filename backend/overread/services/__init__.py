"""Use cases, as functions: ``verb_noun(session, …)``. They write rows and enqueue jobs; the caller commits."""
