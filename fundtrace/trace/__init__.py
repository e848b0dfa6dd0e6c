"""The tracer: account holdings, attribution rules, the trail of a loan. No I/O.

``engine`` runs every movement once through the holdings of all accounts under one rule;
``answer`` selects one loan from the results and adds the spread over the rules, which gives
a ``trail``. docs/tracing.md is the definition; the theory stands at the top of ``holding``,
``rules``, ``engine`` and ``places``.
"""
