"""Routes of what reads say of the pool: bounds, certificates, bias."""
