"""Trial: a ledger to try something on. What is read is copied when it is read, nothing comes back.

What a trial costs is what it touches, not what there is.
"""

from collections import deque
from collections.abc import Iterator
from copy import copy, deepcopy
from typing import Any, Final

from msgspec.structs import fields, replace

from outcry.domain.ledger.state import Ledger, Market


_NOTHING: Final = object()


class Overlay(dict[Any, Any]):
    """A dict over another one, which stays as it is."""

    def __init__(self, base: dict[Any, Any]) -> None:
        """Lie over *base*."""
        super().__init__()
        self._base = base
        self._gone: set[Any] = set()

    def _found(self, key: Any) -> Any:  # noqa: ANN401 - whatever the other has
        if super().__contains__(key):
            return super().__getitem__(key)
        if key in self._gone or key not in self._base:
            return _NOTHING
        value = _copied(self._base[key])
        super().__setitem__(key, value)
        return value

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - likewise
        value = self._found(key)
        if value is _NOTHING:
            raise KeyError(key)
        return value

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401 - likewise
        """Return a copy of what is under *key*, always the same one."""
        value = self._found(key)
        return default if value is _NOTHING else value

    def setdefault(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401 - likewise
        """Return what is under *key*, after putting *default* there if there was nothing."""
        if self._found(key) is _NOTHING:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:  # noqa: ANN401 - likewise
        """Take out what is under *key*."""
        value = self._found(key)
        if value is _NOTHING:
            if default:
                return default[0]
            raise KeyError(key)
        del self[key]
        return value

    def __delitem__(self, key: Any) -> None:  # noqa: ANN401 - likewise
        if key not in self:
            raise KeyError(key)
        super().pop(key, None)
        self._gone.add(key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key not in self._gone and key in self._base)

    def __iter__(self) -> Iterator[Any]:
        return iter([key for key in {**self._base, **dict(self.own())} if key in self])

    def __len__(self) -> int:
        own = [key for key, _ in self.own()]
        hidden = self._gone.difference(own)
        added = sum(key not in self._base for key in own)
        return len(self._base) + added - sum(key in self._base for key in hidden)

    def __bool__(self) -> bool:
        return len(self) > 0

    def values(self) -> Any:  # noqa: ANN401 - what the other has, and what was put here
        """Return copies of all values."""
        return [self[key] for key in self]

    def items(self) -> Any:  # noqa: ANN401 - likewise
        """Return all keys with copies of their values."""
        return [(key, self[key]) for key in self]

    def keys(self) -> Any:  # noqa: ANN401 - likewise
        """Return all keys."""
        return list(self)

    def own(self) -> Any:  # noqa: ANN401 - a view of items
        """Return what was copied or put here."""
        return super().items()


def trial_of(ledger: Ledger) -> Ledger:
    """Return a ledger like *ledger*; what happens to it does not happen to *ledger*."""
    made: Ledger = _laid_over(ledger)
    made.chain = _laid_over(ledger.chain)
    return made


def _laid_over(struct: Any) -> Any:  # noqa: ANN401 - any struct of dicts
    """Return a copy of *struct* with overlays for its dicts and queues of its own."""
    own: dict[str, Any] = {}
    for field in fields(struct):
        value = getattr(struct, field.name)
        if isinstance(value, dict):
            own[field.name] = Overlay(value)
        elif isinstance(value, deque):
            own[field.name] = type(value)()
    return replace(struct, **own)


def _copied(value: Any) -> Any:  # noqa: ANN401 - whatever the ledger keeps
    if isinstance(value, Market):
        return replace(value, orders=Overlay(value.orders), accounts=copy(value.accounts))
    return deepcopy(value)
