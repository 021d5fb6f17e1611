"""HTTP only: parse, call a service, answer with a schema."""
