"""The loop: launches, training sets, stages, encoders, and what was lost on the way."""
