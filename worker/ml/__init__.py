"""The learning engine: arrays and paths in, arrays and paths out. It knows no database and no service."""
