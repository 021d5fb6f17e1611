"""Looking around: the wall of films, lists, comparisons, figures and dashboards."""
