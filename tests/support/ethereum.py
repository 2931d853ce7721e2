"""The library of others that says what a signature must be, kept from changing the interpreter.

On import it lets Python recurse a hundred times deeper than the stack is for everything after it.
"""

import sys


_limit = sys.getrecursionlimit()

from eth_account import Account  # noqa: E402
from eth_account.messages import encode_typed_data  # noqa: E402


sys.setrecursionlimit(_limit)

__all__ = ["Account", "encode_typed_data"]
