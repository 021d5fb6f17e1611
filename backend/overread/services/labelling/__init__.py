"""Labelling: pseudo labels and each network's own masks, as they are recorded."""
