"""A portfolio's passes kept in a folder, and one loan's trail from there at once.

The folder holds the passes of all conserving rules under one scope up to one time, and what a
trail needs of the tables, so that no table is loaded and no pass is made again. Everything is
memory-mapped: opening costs what there are files, a trail what there are rows of its loan.

- ``parquet``: results as Parquet that is mapped as it lies (plain, uncompressed, one page).
- ``arrays``: numbers as .npy, texts as bytes with offsets; columns of either, mapped.
- ``tables``, ``registers``, ``inputs``: tables and ``TraceInput``, kept and opened again.
- ``uses``, ``statements``, ``passes``: the passes, classed and added up when they are kept.
- ``answers``: a trail from all that.
- ``state``: the memory of a pass, for whoever goes on from there.
- ``manifest``: what kept.json says; ``folder``: all of it written, or nothing, and opened.

docs/kept.md describes the folder, docs/decisions/0006-kept-results.md why it is so.
"""
