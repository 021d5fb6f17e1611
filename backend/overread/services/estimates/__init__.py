"""Estimates: what an audit's reads say of the pool, of readers, and of the iteration before."""
