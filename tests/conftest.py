"""What every test run shares: the header says which kernel the results are about."""

from outcry import kernel


def pytest_report_header() -> str:
    """Say whether this run tests the compiled or the interpreted kernel, and why."""
    try:
        return f"kernel: {kernel.build_info()}"
    except ModuleNotFoundError as error:
        return f"kernel: not there ({error})"
