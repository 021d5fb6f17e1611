"""Reports: what an iteration came to, as one document and one page."""
