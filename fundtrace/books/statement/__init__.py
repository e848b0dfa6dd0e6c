"""One bank's account statement, as its systems export it, to movement tables.

``read`` turns a file into cells, ``headers`` finds the columns, ``cells`` and ``rows`` read
them, ``settle`` decides order and direction by the balances, ``kinds`` says what each row
is, and ``tables`` makes the movement tables. ``reader`` is the entrance, and ``messages``
holds every refusal in Chinese and English.
"""
