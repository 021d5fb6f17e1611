"""The gate: which labels would enter, the verdict and its clauses, and what another choice would give."""
