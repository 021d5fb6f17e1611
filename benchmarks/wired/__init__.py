"""Simulated audits on the wired path: drawn, read, judged and estimated by the product's own services, on Postgres.

A pool is laid down once as rows (``pool``); each simulated audit then runs in a transaction that is rolled back
(``sandbox``): drawn as a worker draws it, read by readers whose truth is a hidden array (``readers``), asked what the
pages ask (``audits``). ``python -m benchmarks.wired`` measures how often what is told is true (``parts``).
"""
