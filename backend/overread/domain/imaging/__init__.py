"""Films, masks and their measures."""
