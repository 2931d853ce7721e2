"""The command `outcry`. What goes wrong is said in a sentence; the exit code says how it went.

0 done, 1 failed, 2 wrong usage or configuration; ``run`` also has 3: an operator must decide.
"""

import sys
from typing import NoReturn


INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command; every failure that is no bug is a sentence on standard error."""
    try:
        # Here, so that Ctrl-C while it loads is no traceback either.
        from outcry.app.commands import app  # noqa: PLC0415

        app(prog_name="outcry")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a bug is raised again, with its traceback
        sys.exit(_say(error))
    sys.exit(0)


def _say(error: Exception) -> int:
    """Say what went wrong and what to do about it; returns the exit code. Raises what is a bug."""
    from outcry.app.failures import FAILED, NEEDS_OPERATOR, explain  # noqa: PLC0415 - likewise

    failure = explain(error)
    if failure is None:
        raise error
    sys.stderr.write(f"outcry: {failure.sentence}\n")
    if failure.advice:
        sys.stderr.write(f"        {failure.advice}\n")
    return FAILED if failure.code == NEEDS_OPERATOR else failure.code
