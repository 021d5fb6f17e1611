"""Films that are drawn, with their truth."""
