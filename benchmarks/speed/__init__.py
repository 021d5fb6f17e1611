"""Training, labelling and scoring against their bare limits, as ratios measured in one run on one machine."""
