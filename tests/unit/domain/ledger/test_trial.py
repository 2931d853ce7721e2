"""A ledger to try something on."""

from hypothesis import given
from hypothesis import strategies as st

from outcry.domain.ledger.state import Balance, Ledger
from outcry.domain.ledger.trial import Overlay, trial_of


KEYS = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers()),
        st.tuples(st.just("del"), KEYS, st.just(0)),
        st.tuples(st.just("pop"), KEYS, st.just(0)),
        st.tuples(st.just("get"), KEYS, st.just(0)),
        st.tuples(st.just("setdefault"), KEYS, st.integers()),
    )
)


@given(st.dictionaries(KEYS, st.integers()), STEPS)
def test_an_overlay_is_a_copy(base: dict[int, int], steps: list[tuple[str, int, int]]) -> None:
    """Whatever is done to it, it is what a copy would be, and what lies below is what it was."""
    before, model, overlay = dict(base), dict(base), Overlay(base)
    for what, key, value in steps:
        if what == "set":
            model[key] = overlay[key] = value
        elif what == "del" and key in model:
            del model[key], overlay[key]
        elif what == "pop":
            assert overlay.pop(key, None) == model.pop(key, None)
        elif what == "get":
            assert overlay.get(key) == model.get(key)
        elif what == "setdefault":
            assert overlay.setdefault(key, value) == model.setdefault(key, value)
        assert (len(overlay), bool(overlay)) == (len(model), bool(model))
        assert sorted(overlay) == sorted(overlay.keys()) == sorted(model)
        assert sorted(overlay.items()) == sorted(model.items())
        assert sorted(overlay.values()) == sorted(model.values())
        assert [key in overlay for key in range(6)] == [key in model for key in range(6)]
    assert base == before


def test_what_is_tried_does_not_happen() -> None:
    """Balances that a trial changes, and those it makes, are not those of the ledger."""
    ledger = Ledger()
    ledger.balances[1] = Balance(5, 0)
    trial = trial_of(ledger)
    trial.balances[1].total = 7
    trial.balance(9, 0).total = 1
    assert trial.balances[1].total == 7
    assert ledger.balances == {1: Balance(5, 0)}
