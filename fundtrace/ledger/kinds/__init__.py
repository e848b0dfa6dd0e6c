"""The kinds of records and entries: one frozen, self-checking value each; ``table`` lists them."""
