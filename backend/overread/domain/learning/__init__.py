"""Recipes, networks and labels: what a training is told."""
