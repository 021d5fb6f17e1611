"""The audit: its draw, what readers are asked, the queue, what they said, and what more is asked of them."""
