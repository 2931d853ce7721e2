"""Exchange modes: what the whole venue accepts at present. Cancels are accepted in every mode."""

from enum import IntEnum


class Mode(IntEnum):
    """The operator's switch for all markets at once."""

    NORMAL = 0
    #: New orders must be post-only.
    POST_ONLY = 1
    #: No new orders.
    CANCEL_ONLY = 2
    #: No new orders; the same as cancel-only for clients, but said to be an emergency.
    HALTED = 3
