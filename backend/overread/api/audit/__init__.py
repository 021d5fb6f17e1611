"""Routes of an audit: cases, reads, adjudication, readers."""
