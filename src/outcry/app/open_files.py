"""How many files a process may have open: a connection is one, and the usual bound is low."""

import resource
from typing import Final


#: Enough for every limit of connections there is, many times.
_WANTED: Final = 1 << 17


def allow_many_files() -> None:
    """Let this process open as many files as the system grants it, up to a bound of ours."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < granted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
