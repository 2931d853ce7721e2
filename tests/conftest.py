"""What every test run shares: the header says which kernel the results are about.

A run is good or bad by the commit alone: Hypothesis draws the same examples each time, and how fast
the machine is decides nothing. `--hypothesis-profile=default` draws others.
"""

from hypothesis import HealthCheck, settings

# Before whatever imports the same libraries without keeping the interpreter as it was.
from tests.support import ethereum

from outcry import kernel
from outcry.runtime import rules_twin


__all__ = ["ethereum"]

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_report_header() -> str:
    """Say whether this run tests the compiled or the interpreted kernel, and why."""
    try:
        return f"kernel: {kernel.build_info()}, rules of the ledger: {rules_twin.build_info()}"
    except ModuleNotFoundError as error:
        return f"kernel: not there ({error})"
