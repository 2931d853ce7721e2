"""What every test run shares: the header says which kernel the results are about."""

# Before whatever imports the same libraries without keeping the interpreter as it was.
from tests.support import ethereum

from outcry import kernel
from outcry.runtime import rules_twin


__all__ = ["ethereum"]


def pytest_report_header() -> str:
    """Say whether this run tests the compiled or the interpreted kernel, and why."""
    try:
        return f"kernel: {kernel.build_info()}, rules of the ledger: {rules_twin.build_info()}"
    except ModuleNotFoundError as error:
        return f"kernel: not there ({error})"
