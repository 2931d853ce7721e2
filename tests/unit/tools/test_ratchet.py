"""The length ratchet measures what it says and lets nothing through."""

import runpy
from pathlib import Path


RATCHET = runpy.run_path(
    str(Path(__file__).parents[3] / "tools" / "ratchet.py"), run_name="ratchet"
)
measure, complaints = RATCHET["measure"], RATCHET["complaints"]

SOURCE = '''\
class Book:
    def match(self):
        """Docstrings

        do not count."""
        a = 1
        return a
'''


def test_sizes_are_lines_without_docstring() -> None:
    """A function counts from def to its end without its docstring, a module counts whole."""
    expected = {"src/a.py": 7, "src/a.py::Book.match": 3}

    assert expected == dict(measure("src/a.py", SOURCE))


def test_too_long_is_a_complaint() -> None:
    """A function one line over the limit is named with its size and the limit."""
    (sentence,) = complaints({"src/a.py::f": 41, "src/a.py::g": 40}, {})

    assert sentence == "src/a.py::f: 41 lines, at most 40 are allowed"


def test_an_exception_has_its_own_limit() -> None:
    """An exception admits exactly what it names, and nothing longer."""
    assert not list(complaints({"src/a.py::f": 50}, {"src/a.py::f": 50}))
    assert list(complaints({"src/a.py::f": 51}, {"src/a.py::f": 50}))


def test_exceptions_must_go_when_not_needed() -> None:
    """An exception for something short again, or gone, is itself a complaint: the list shrinks."""
    assert list(complaints({"src/a.py::f": 10}, {"src/a.py::f": 50}))
    assert list(complaints({}, {"src/a.py::f": 50}))
