"""The tabular sequential graph of a trail: rows are banks, x is time, width is traced amount.

``flows`` groups hops, ``columns`` and ``geometry`` place them, ``labels`` finds room for
words that ``captions`` says, ``layout`` puts it together, and ``draw`` writes the SVG.
"""
