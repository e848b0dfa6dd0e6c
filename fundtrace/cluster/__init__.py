"""Passes on several machines: the kernels on Dask ``distributed``, the optional extra [cluster].

What comes out is what one machine says, to the unit; tests/integration/test_cluster.py and
tests/properties/test_cluster_worlds.py hold that. How it is operated stands in docs/cluster.md.

- **The stage** (``stage``): the client, which has loaded and prepared the tables, writes all
  that a pass computes with as Parquet partitions that every worker can read: numbers only.
- **Tasks** (``tasks``) are functions of their arguments and the stage. Nothing is kept
  between them, so what a killed worker had is computed again by another.
- **Fifo by mapping** (``ranges``): intervals go from range of accounts to range of accounts
  until none is left. What cannot be mapped, and the other rules, go by
- **groups of loans** that share no reached account, found by a chain of tasks over the
  partitions, bundled into jobs of like size (``jobs``), each run under each rule.
- **The engine** (``engine``): three methods behind which Dask stands. Importing this room
  imports no Dask; ``connect`` does.
"""
