"""Films: projects and their sources, imports, masks and small pictures."""
