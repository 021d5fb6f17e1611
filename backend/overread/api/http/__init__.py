"""What every answer shares: the door, its limits, who asks, refusals, and bytes that are kept by a browser."""
