"""How fast the reading room is, and how little a fix takes."""
