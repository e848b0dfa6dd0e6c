"""A mirror under crashes, a restart at any point, and a log that comes to sign two branches.

The machine plays the caller of ``fundtrace.tlog.mirror`` with a disk that keeps what was synced:
entries are written before the state that counts them, the state is swapped as bytes, and at each
effect the process may die. It checks what the mirror signed against the trees themselves.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fundtrace.errors import ForkError, FundtraceError, ProofError
from fundtrace.tlog.checkpoint import Checkpoint
from fundtrace.tlog.cosignature import verify_cosignature
from fundtrace.tlog.fork import Prefix
from fundtrace.tlog.hashing import hash_leaf
from fundtrace.tlog.mirror import (
    DropEntries,
    Package,
    Step,
    StoreEntries,
    add_package,
    check_closed_log_held,
    close_log,
    confirm_durable,
    prepare_cosignature,
    promise_silence,
    propose_checkpoint,
    report_fork,
    restart_mirror,
    sign_cosigned,
)
from fundtrace.tlog.mirror_state import Edge, MirrorState, parse_mirror_state
from fundtrace.tlog.tree import Tree
from fundtrace.tlog.witness import AddCheckpoint
from tests.support.logs import AT, ORIGIN, SmallLog, make_mirror_key

MIRROR = make_mirror_key("m")


class Died(Exception):  # noqa: N818  # the process died; no error of the product
    """The process died between two effects."""


class Disk:
    """What survives: the state's bytes, and entries once they are synced."""

    def __init__(self) -> None:
        self.state = MirrorState(ORIGIN).encode()
        self.entries: list[bytes] = []
        self.written: list[bytes] | None = None  # entries not synced yet

    @property
    def present(self) -> list[bytes]:
        """What the process reads: entries that a crash would lose are among them."""
        return self.entries if self.written is None else self.written

    def write(self, start: int, entries: list[bytes]) -> None:
        assert start <= len(self.present), "the mirror left a gap"
        self.written = self.present[:start] + entries

    def sync(self) -> None:
        if self.written is not None:
            self.entries, self.written = self.written, None

    def swap(self, old: bytes, new: bytes) -> None:
        assert self.state == old, "another writer came first"
        self.state = new

    def crash(self, *, survives: bool) -> None:
        """Lose what was not synced, or not: an operating system may have written it."""
        if survives:
            self.sync()
        self.written = None


class MirrorMachine(RuleBasedStateMachine):
    @initialize(first=st.integers(0, 700), fork_from=st.none() | st.integers(1, 40))
    def start(self, first, fork_from):
        self.branches = [SmallLog(first)]
        if fork_from is not None and fork_from <= first:  # else it forks later, or not at all
            entries = [b"fork %d" % place for place in range(fork_from + 5)]
            self.branches.append(self.branches[0].branch(first - fork_from, entries))
        self.disk = Disk()
        self.known = self.disk.state
        self.signed: list[Checkpoint] = []
        self.crash_at: int | None = None

    # The caller's side: how a step is carried out, and where it may die.

    @property
    def state(self) -> MirrorState:
        return parse_mirror_state(self.known)

    def _tick(self) -> None:
        if self.crash_at is not None:
            self.crash_at -= 1
            if self.crash_at < 0:
                raise Died

    def _carry_out(self, step: Step) -> None:
        for effect in step.effects:
            if isinstance(effect, StoreEntries):
                self._tick()
                self._check_proven(step.state, effect)
                self.disk.write(effect.start, list(effect.entries))
        self._tick()
        self.disk.swap(self.known, step.state.encode())
        self.known = step.state.encode()
        for effect in step.effects:
            if isinstance(effect, DropEntries):
                self._tick()
                self.disk.write(effect.start, [])
        self._tick()
        assert step.fork is None or self.state.fork is not None, "a fork was seen and forgotten"
        step.check()

    def _try(self, act) -> bool:
        """Do it; say whether it went through. Die where the plan says so, and come back."""
        try:
            act()
        except Died:
            self.crash_at = None
            self._come_back(survives=False)
            return False
        except FundtraceError:
            return False
        return True

    def _come_back(self, *, survives: bool) -> None:
        self.disk.crash(survives=survives)
        self.known = self.disk.state
        state = restart_mirror(self.state, len(self.disk.entries))
        self.disk.swap(self.known, state.encode())
        self.known = self.disk.state

    # The world's side: the log grows, splits, proposes; peers talk; the mirror works.

    @rule(count=st.integers(1, 300), branch=st.integers(0, 1))
    def grow(self, count, branch):
        log = self.branches[branch % len(self.branches)]
        if log.tree.size < 2_000:
            start = log.tree.size
            log.append([b"%d %d %d" % (branch, start + place, count) for place in range(count)])

    @precondition(lambda self: len(self.branches) == 1 and self.branches[0].tree.size > 0)
    @rule(data=st.data(), count=st.integers(1, 20))
    def split(self, data, count):
        honest = self.branches[0]
        size = data.draw(st.integers(0, honest.tree.size - 1))
        other = honest.branch(size, [b"other %d" % place for place in range(count)])
        self.branches.append(other)

    @precondition(lambda self: len(self.branches) > 1 and self.state.pending_size > 0)
    @rule(branch=st.integers(0, 1))
    def equivocate(self, branch):
        """Show the mirror the other branch's head of the size that it knows."""
        log, size = self.branches[branch], self.state.pending_size
        if log.tree.size >= size:
            request = AddCheckpoint(size, (), log.sign(size).encode())
            self._try(lambda: self._carry_out(propose_checkpoint(self.state, request, [log.key])))

    @rule(at=st.integers(0, 3))
    def plan_a_crash(self, at):
        self.crash_at = at

    @rule(survives=st.booleans())
    def crash(self, survives):
        self._come_back(survives=survives)

    @rule(branch=st.integers(0, 1), data=st.data())
    def propose(self, branch, data):
        log = self.branches[branch % len(self.branches)]
        old = self.state.pending_size
        least = min(old, log.tree.size) if data.draw(st.integers(0, 9)) else 0
        self._propose(log, data.draw(st.integers(least, log.tree.size)))

    def _propose(self, log: SmallLog, size: int) -> None:
        old = self.state.pending_size
        path = log.tree.prove_consistency(old, size) if old <= size else ()
        request = AddCheckpoint(old, path, log.sign(size).encode())
        self._try(lambda: self._carry_out(propose_checkpoint(self.state, request, [log.key])))

    @rule(branch=st.integers(0, 1), packages=st.integers(1, 4))
    def send_packages(self, branch, packages):
        log = self.branches[branch % len(self.branches)]
        for _ in range(packages):
            state = self.state
            start, size = state.stored.size, state.pending_size
            if not start < size <= log.tree.size:
                return
            if not self._send(state, log.pack(start, size)):
                return

    @rule(branch=st.integers(0, 1))
    def send_a_forged_package(self, branch):
        log = self.branches[branch % len(self.branches)]
        start, size = self.state.stored.size, self.state.pending_size
        if start < size <= log.tree.size:
            package = log.pack(start, size)
            self._send(self.state, replace(package, entries=(b"forged", *package.entries[1:])))

    def _send(self, state: MirrorState, package: Package) -> bool:
        return self._try(lambda: self._carry_out(add_package(state, package)))

    @rule()
    def make_durable(self):
        def act():
            self._tick()
            self.disk.sync()
            self._carry_out(Step(confirm_durable(self.state, self.state.stored.size)))

        self._try(act)

    @rule()
    def record_the_pending_head(self):
        self._try(lambda: self._carry_out(Step(prepare_cosignature(self.state))))

    @rule()
    def cosign(self):
        def act():
            self.lines = sign_cosigned(self.state, [MIRROR], AT)

        if not self._try(act):
            return
        head = self.state.cosigned.checkpoint
        assert verify_cosignature(head, self.lines[0], MIRROR.verifier) == AT
        self._check_signed(head)
        self.signed.append(head)

    @rule(branch=st.integers(0, 1), crash=st.none() | st.integers(0, 12), count=st.integers(0, 300))
    def follow_to_the_end(self, branch, crash, count):
        """What a mirror does when all goes well; it may die at one point of it, and goes on."""
        log = self.branches[branch % len(self.branches)]
        log.append([b"%d %d" % (branch, log.tree.size + place) for place in range(count % 1_000)])
        self.crash_at = crash
        self._propose(log, log.tree.size)
        self.send_packages(branch, 9)
        self.make_durable()
        self.record_the_pending_head()
        self.cosign()

    @precondition(lambda self: len(self.branches) > 1)
    @rule(data=st.data())
    def gossip(self, data):
        honest, other = self.branches
        sizes = [data.draw(st.integers(0, log.tree.size)) for log in (honest, other)]
        heads = honest.sign(sizes[0]), other.sign(sizes[1])
        larger = honest if sizes[0] > sizes[1] else other
        small, large = sorted(sizes)
        prefix = Prefix(larger.tree.root(small), larger.tree.prove_consistency(small, large))
        contradict = honest.entries[: sizes[0]][:small] != other.entries[: sizes[1]][:small]
        notes = heads[0].encode(), heads[1].encode()
        try:
            step = report_fork(self.state, notes, prefix, [honest.key])
        except ProofError:
            assert not contradict
            return
        assert contradict
        self._try(lambda: self._carry_out(step))

    @rule(unlikely=st.integers(0, 9))
    def state_the_highest_head(self, unlikely):
        if unlikely and self.state.fork is None:
            return
        self._try(lambda: self._carry_out(Step(promise_silence(self.state))))

    @rule(branch=st.integers(0, 1), data=st.data())
    def close(self, branch, data):
        if self.state.fork is None and data.draw(st.integers(0, 9)):
            return  # a log that did not fork is closed too, but rarely
        log = self.branches[branch % len(self.branches)]
        size = data.draw(st.integers(0, log.tree.size))
        held = self.disk.present[: min(self.state.stored.size, size)]
        same = [ours == theirs for ours, theirs in zip(held, log.entries, strict=False)]
        common = same.index(False) if False in same else len(same)
        kept = data.draw(st.integers(0, common) | st.just(common))
        edge = Edge.of(SmallLog(held[:kept]).frontier())
        path = log.tree.prove_consistency(kept, size)
        self._try(
            lambda: self._carry_out(close_log(self.state, log.sign(size), path, [log.key], edge))
        )

    @precondition(lambda self: self.state.closing is not None)
    @rule()
    def hold_a_closed_log_to_its_end(self):
        """Whatever happened before, a closed log can be held up to its last head."""
        self.crash_at = None
        head = self.state.closing.checkpoint
        log = next(
            one
            for one in self.branches
            if one.tree.size >= head.size and one.tree.root(head.size) == head.root_hash
        )
        self.send_packages(self.branches.index(log), 9)
        self.make_durable()
        check_closed_log_held(self.state, head.size, head.root_hash)

    # What must hold.

    def _check_proven(self, state: MirrorState, effect: StoreEntries) -> None:
        """Entries are stored only if they are those of the tree under the pending head."""
        head = state.pending.checkpoint
        assert any(
            log.tree.size >= head.size
            and log.tree.root(head.size) == head.root_hash
            and tuple(log.entries[effect.start :][: len(effect.entries)]) == effect.entries
            for log in self.branches
        ), "stored, and not proven"

    def _check_signed(self, head: Checkpoint) -> None:
        assert Tree([hash_leaf(entry) for entry in self.disk.entries[: head.size]]).root() == (
            head.root_hash
        ), "cosigned, and not durable"
        assert all(self._agree(head, earlier) for earlier in self.signed), "two heads conflict"
        if self.signed:
            assert head.size >= self.signed[-1].size, "the cosigned size went back"
        assert not self.state.is_frozen, "cosigned in spite of a fork"
        assert not self.state.is_silent, "cosigned in spite of the promise"
        assert self.state.closing is None, "cosigned a head of a closed log"

    def _agree(self, one: Checkpoint, other: Checkpoint) -> bool:
        """Whether one branch has both heads."""
        return any(
            max(one.size, other.size) <= log.tree.size
            and all(log.tree.root(head.size) == head.root_hash for head in (one, other))
            for log in self.branches
        )

    @invariant()
    def what_is_on_disk_is_what_the_state_promises(self):
        if not hasattr(self, "disk"):
            return
        state = parse_mirror_state(self.disk.state)
        assert len(self.disk.entries) >= state.durable.size
        assert state.cosigned_edge.size <= state.durable.size
        if state.cosigned is not None and self.signed:
            assert state.cosigned.checkpoint.size >= self.signed[-1].size

    @invariant()
    def a_frozen_state_refuses_to_sign(self):
        if hasattr(self, "disk") and self.state.is_frozen:
            try:
                sign_cosigned(self.state, [MIRROR], AT)
            except ForkError:
                return
            raise AssertionError("a frozen mirror signed")


TestMirrorMachine = MirrorMachine.TestCase
TestMirrorMachine.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
