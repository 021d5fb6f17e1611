"""People: accounts, one-time links, sessions and passwords."""
