"""Postgres: the tables, and the one place that commits."""
