"""An exchange's process that does nothing but start its servers: for tests that kill it.

``parent.py FOLDER``: start them, print the endpoints as JSON, wait for standard input to end, stop.
"""

import os
import sys

import msgspec

from outcry.adapters.embedded import EmbeddedServers
from outcry.runtime.config import Config, Log
from outcry.runtime.logging import configure


if __name__ == "__main__":
    configure(Log(level="error"), "parent")
    with EmbeddedServers(Config(data_dir=sys.argv[1])) as endpoints:
        os.write(1, msgspec.json.encode(endpoints) + b"\n")
        sys.stdin.read()
