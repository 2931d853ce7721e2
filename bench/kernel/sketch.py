"""Builds and plays the kernel sketch of ``../shared``, which is not part of this repository.

The sketch reads and writes records of 32 bytes and has few of the rules. It is the mark that the
engine is measured against, as it is and with its records widened to the mean size of ours: the
same loop with other strides, each written record filled up with words. Without ``../shared`` there
is no sketch, and the bench says so.
"""

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from array import array
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from kernel.commands import HEADER, HEADER_SIZE


ROOT = Path(__file__).parents[2]
SOURCE = ROOT.parent / "shared" / "reference" / "kernel-prototype"
NODES = 1 << 20
FUTURES_BASE = 1_000_000 - (1 << 14)
LOOK_AHEAD = 80  # records


def build(out: Path, words_in: int, words_out: int) -> ModuleType | None:
    """Return the sketch for records of that many words, or None if it is not at hand."""
    if not SOURCE.exists():
        return None
    name = f"sketch_{words_in}_{words_out}"
    out.mkdir(parents=True, exist_ok=True)
    text = (SOURCE / "ladder_soa.py").read_text("utf-8")
    declarations = (SOURCE / "ladder_soa.pxd").read_text("utf-8")
    (out / f"{name}.py").write_text(_widen(text, words_in, words_out), "utf-8")
    (out / f"{name}.pxd").write_text(declarations, "utf-8")
    library = out / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = [sys.executable, "-m", "Cython.Build.Cythonize", "-q", "-i", f"{name}.py"]
    if not library.exists():
        subprocess.run(
            command, cwd=out, check=True, capture_output=True, env=os.environ | {"CFLAGS": "-O3"}
        )
    spec = importlib.util.spec_from_file_location(name, library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _widen(text: str, words_in: int, words_out: int) -> str:
    """Return the sketch with other strides; with 4 and 4 it is what it was."""
    text = text.replace("sp + 4 if", f"sp + {words_in} if").replace(
        "else sp[4:]", f"else sp[{words_in}:]"
    )

    def ahead(match: re.Match[str]) -> str:
        place = int(match[1])
        return f"sp[{place // 4 * words_in + place % 4}]" if place >= 4 else match[0]

    text = re.sub(r"\bsp\[(\d+)\]", ahead, text)
    text = re.sub(r"op_\[o - (\d)\]", lambda m: f"op_[o - {words_out - 4 + int(m[1])}]", text)
    fill = "".join(f"; op_[o - {words_out - 4 - extra}] = k" for extra in range(words_out - 4))
    text = re.sub(r"^( +)o \+= 4$", rf"\1o += {words_out}{fill}", text, flags=re.MULTILINE)
    return text.replace("range(0, n, 4)", f"range(0, n, {words_out})")


class Player:
    """Plays a workload file on the sketch."""

    def __init__(
        self, module: ModuleType, path: Path, count: int, words_in: int, words_out: int
    ) -> None:
        data = path.read_bytes()
        header = HEADER.unpack_from(data)
        self.module, self.count = module, count
        self.words_in, self.words_out = words_in, words_out
        self.instruments = header[2]
        self.shift = 10 if header[5] < 1024 else 15
        self.base = 0 if self.shift == 10 else FUTURES_BASE
        words = array("q", data[HEADER_SIZE : HEADER_SIZE + 32 * count])
        top = (1 << self.shift) - 2
        words[2::4] = array("q", (min(max(p - self.base, 1), top) for p in words[2::4]))
        self.source = array("q", bytes(8 * words_in * (count + LOOK_AHEAD)))
        for place in range(4):
            self.source[place : count * words_in : words_in] = words[place::4]
        self.ids = header[10]
        self.target = array("q", bytes(8 * words_out * 200_000))

    def fresh(self) -> object:
        """Return an empty sketch for this workload."""
        levels = self.instruments << self.shift
        nodes = array("i", bytes(4 * 4 * (levels + NODES)))
        n8 = array("q", bytes(8 * 3 * (levels + NODES)))
        ids = array("i", bytes(4 * (1 << (self.ids + 8).bit_length())))
        size = 1 << self.shift
        stride = (size >> 6) + ((size >> 12) or 1) + 1
        bits = array("Q", bytes(8 * stride * self.instruments))
        best = array("i", bytes(8 * self.instruments))
        return self.module.Ladder(nodes, n8, ids, bits, best, self.instruments, self.shift, NODES)

    def play(self, book: object, first: int, count: int) -> int:
        """Process *count* operations from the *first*; return the words written."""
        return book.process(self.source, first * self.words_in, count, self.target)  # type: ignore[attr-defined]

    def seconds(self, clock: Callable[[], float], batch: int) -> float:
        """Return the time in which a fresh sketch plays the whole workload."""
        book = self.fresh()
        start = clock()
        for first in range(0, self.count, batch):
            self.play(book, first, min(batch, self.count - first))
        return clock() - start
