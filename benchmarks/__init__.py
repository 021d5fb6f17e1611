"""Measurements: ratios taken in one run, medians, the machine's load beside them; never a test."""
