"""Arithmetic and policy, pure: numpy and scipy, no I/O, no clock, no randomness without a passed generator."""
