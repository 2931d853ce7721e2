"""The matching kernel: ladder books over many instruments, ints in and ints out.

It has no clock, does no I/O and draws no random numbers. The same source runs interpreted and
compiled; ``load()`` returns the engine module of this process, ``build_info()`` says which one.
"""

from outcry.kernel._twin import (
    InterpretedKernelWarning,
    NotCompiledError,
    build_info,
    compiled,
    interpreted,
    load,
    load_sessions,
)


__all__ = [
    "InterpretedKernelWarning",
    "NotCompiledError",
    "build_info",
    "compiled",
    "interpreted",
    "load",
    "load_sessions",
]
