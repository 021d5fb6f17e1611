"""Routes for looking around: the pool, lists, comparisons, dashboards."""
