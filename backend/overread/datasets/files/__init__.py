"""What lies in a source's folder, and what its tables, texts and names say."""
