"""The tracer: account holdings, attribution rules, the trail of a loan. No I/O.

``pass_`` runs every movement once through the holdings of all accounts under one rule
(DESIGN section 4); ``trail`` selects one loan from that result and adds the spread over
the other rules. The theory stands at the top of ``holding``, ``rules`` and ``engine``.
"""
