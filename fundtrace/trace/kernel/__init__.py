"""Columnar kernels: what ``engine`` says, said of whole portfolios at machine speed.

``engine.trace_all`` is the meaning; nothing here may differ from it in any hop, rest, first
use or unobserved unit, and tests/properties/test_kernels.py holds that on random worlds.
The ideas, each explained where it lives:

- **State in tables** (``layout``): lots, pieces, notes are rows of int64; links are row
  numbers. Compiled functions allocate nothing. A buffer that may not hold the next event at
  its worst is grown *between* runs, the event not begun (``running``, ``driving``).
- **Lots only where loan money lies** (``ledger``): an account without traced money is one
  balance, and a movement between two such accounts costs two additions. Own money gets
  identity only where something asks for it: returns, and rule specific.
- **The rules** (``taking``), money out and in (``leaving``, ``arriving``), returns
  (``returning``), rests and the window (``resting``) follow the reference's modules.
- **Exact**: every split is floor(a x b / c) over a 128-bit product (``muldiv``).
- **Fifo needs no pass**: with two cumulative columns (``axes``) it is a mapping of intervals
  (``mapping``), made for exactly those loans for which that is true.
- **Ready in one walk** (``walking``): whether given balances chain is asked without a sort.
- **Reach and exposure** (``reaching``, ``exposing``, ``classing``) look only at what was reached,
  or once at every event, whichever is quicker.
- **All sources at once** (``sources``, ``blocks``): every opening balance traced like a loan.
- **Columns out** (``passes``): ``ColumnarPass`` reads like ``PassResult``, one loan at a time.

Importing this imports numba (about a second); the first pass compiles (cached on disk).
"""

from fundtrace.trace.kernel.axes import FifoIndex, index_fifo
from fundtrace.trace.kernel.driving import Driver, run_kernel, run_prepared
from fundtrace.trace.kernel.mapping import map_fifo
from fundtrace.trace.kernel.passes import ColumnarPass
from fundtrace.trace.kernel.preparing import Prepared, prepare
from fundtrace.trace.kernel.sources import Sources, trace_sources
from fundtrace.trace.kernel.walking import open_input

__all__ = [
    "ColumnarPass",
    "Driver",
    "FifoIndex",
    "Prepared",
    "Sources",
    "index_fifo",
    "map_fifo",
    "open_input",
    "prepare",
    "run_kernel",
    "run_prepared",
    "trace_sources",
]
