"""A database transaction with its rooms; see the package's docstring for the rules."""

from __future__ import annotations

from fundtrace.store.bodies import Bodies
from fundtrace.store.cursors import Cursors
from fundtrace.store.finals import Cosignatures, Finals, Forks
from fundtrace.store.heads import Heads
from fundtrace.store.identity import Standing
from fundtrace.store.kept_keys import EpochKeys, LocalKeys
from fundtrace.store.log_states import LogStates
from fundtrace.store.logs import Entries, Logs
from fundtrace.store.mirrors import Mirrors
from fundtrace.store.opened import OpenedBodies
from fundtrace.store.records import Records
from fundtrace.store.session import Session
from fundtrace.store.streams import Streams
from fundtrace.store.tiles import Tiles


class Tx:
    """One database transaction: all of it becomes durable, or nothing."""

    def __init__(self, session: Session, standing: Standing) -> None:
        """Open the rooms; ``Store`` begins and ends the transaction."""
        self.session = session  # for checks and tests; whoever writes uses the rooms
        self.term = standing.term
        self.tiles = Tiles(session)
        self.mirrors = Mirrors(session, standing)
        self.logs = Logs(session, self.tiles, self.mirrors)
        self.entries = Entries(session)
        self.bodies = Bodies(session)
        self.heads = Heads(session, self.logs, standing)
        self.cosignatures = Cosignatures(session)
        self.finals = Finals(session)
        self.streams = Streams(session)
        self.records = Records(session)
        self.cursors = Cursors(session)
        self.local_keys = LocalKeys(session)
        self.epoch_keys = EpochKeys(session)
        self.forks = Forks(session)
        self.log_states = LogStates(session)
        self.opened_bodies = OpenedBodies(session)
