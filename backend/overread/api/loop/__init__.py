"""Routes of the loop: launches, iterations, encoders, the power of a plan."""
