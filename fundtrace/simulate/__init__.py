"""Worlds of one's own making: movement tables of a made-up consortium, with the truth beside them.

``world.build_world`` draws a population (``population``), lets it borrow (``lending``), diverts
some of the loans (``diversions``, one file per family) and makes others look bad though they
are not (``negatives``), adds what everybody does all day (``trade``, ``households``,
``currencies``), and books all of it in time order with running balances (``ledger``).
``folder`` writes the tables, ``validate`` reads them back and proves what they claim.

Every number comes from ``draws``, so that a seed is a world, to the byte. docs/worlds.md says
what a world holds and what it flatters.
"""
