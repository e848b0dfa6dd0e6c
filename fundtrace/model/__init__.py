"""The nouns: frozen values that check themselves, without any I/O.

Money is whole minor units of an ISO 4217 currency, times are microseconds since
1970-01-01T00:00:00Z, and the vocabulary of tables and answers stands in ``kinds``.
"""
