"""The gate on the kernel's C: nothing in the inner part may touch a Python object."""

import re

import pytest
from tools.check_kernel_c import declared, newest, problems

from outcry import kernel


def text() -> str:
    """Return the C of the last build, or skip where nothing was compiled."""
    file = newest()
    if file is None or kernel.build_info() != "compiled":
        pytest.skip("the kernel is not compiled here")
    return file.read_text("utf-8")


def test_inner_part_is_plain_c() -> None:
    """Every function declared nogil is found in the C file and calls no Python."""
    assert len(declared()) > 100
    assert problems(text()) == []


def test_gate_sees_a_python_number() -> None:
    """One call that makes a Python number, in one inlined function, is reported with its name."""
    spoiled, count = re.subn(
        r"(static [^;{}\n]*6engine_slot_of\([^;\n]*\) \{\n)",
        r"\1  PyLong_FromLong(1);\n",
        text(),
    )
    assert count == 1
    assert problems(spoiled) == ["slot_of calls PyLong_FromLong"]
