"""Runs the same commands through every engine and compares whatever they say."""

from hypothesis import HealthCheck, settings
from tests.model.kernel.audit import Audit
from tests.unit.kernel.book import Fact, decode
from tests.unit.kernel.engines import Kernel, available


def rivals() -> dict[str, type[Kernel]]:
    """Return the reference book and the kernel that this process would run.

    Where the compiled twin is there, the interpreted one has its turn with ``OUTCRY_PURE``.
    """
    engines = available()
    if "compiled" in engines:
        del engines["interpreted"]
    return engines


ENGINES = rivals()
#: A busy machine draws slowly; that says nothing about matching.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Lockstep:
    """Engines that must never differ; the first is the one that others are compared with."""

    def __init__(self, classes: dict[str, type[Kernel]] = ENGINES) -> None:
        self.engines = {name: engine_class() for name, engine_class in classes.items()}
        self.audit = Audit()

    def process(self, data: bytes) -> bytes:
        """Return the facts of *data*, the same from every engine."""
        answers = {name: engine.process(data) for name, engine in self.engines.items()}
        consumed = {name: engine.consumed for name, engine in self.engines.items()}
        expected = next(iter(answers.values()))
        for name, answer in answers.items():
            if answer != expected:
                raise AssertionError(difference(name, expected, answer))
        assert len(set(consumed.values())) == 1, consumed
        return expected

    def witness(self, record: bytes) -> list[Fact]:
        """Process one *record* and let the audit check its facts."""
        facts = decode(self.process(record))
        self.audit.follow(record, facts)
        return facts

    def compare(self) -> None:
        """Check the invariants of every engine and that all hold the same."""
        for engine in self.engines.values():
            engine.check()
        for look in (
            lambda engine: engine.state_hash(),
            lambda engine: (engine.seq, engine.time_us, engine.order_count),
        ):
            seen = {name: look(engine) for name, engine in self.engines.items()}
            assert len(set(seen.values())) == 1, seen

    def compare_snapshots(self) -> bytes:
        """Check that every engine writes the same snapshot; return it."""
        snapshots = [engine.snapshot() for engine in self.engines.values()]
        assert all(snapshot == snapshots[0] for snapshot in snapshots)
        return snapshots[0]

    def compare_books(self, instrument: int) -> None:
        """Check that every engine shows the same of one book."""
        views = [
            (
                engine.book_hash(instrument),
                engine.top(instrument),
                [list(engine.levels(instrument, side, 5)) for side in (0, 1)],
                orders := list(engine.orders(instrument)),
                [engine.queue_position(order[0]) for order in orders],
            )
            for engine in self.engines.values()
        ]
        assert all(view == views[0] for view in views)

    def restore(self) -> None:
        """Replace every engine by one restored from the common snapshot."""
        snapshot = self.compare_snapshots()
        self.engines = {
            name: type(engine).restore(snapshot) for name, engine in self.engines.items()
        }
        assert self.compare_snapshots() == snapshot


def difference(name: str, expected: bytes, answer: bytes) -> str:
    """Return a sentence about the first fact in which two answers differ."""
    facts, others = decode(expected), decode(answer)
    for fact, other in zip(facts, others, strict=False):
        if fact != other:
            return f"{name} differs at seq {fact.seq}:\nexpected {fact!r}\nanswered {other!r}"
    return f"{name} has {len(others)} facts, expected {len(facts)}"
