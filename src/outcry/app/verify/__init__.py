"""`outcry verify`: the books rebuilt from the log, compared with all that claims to know them.

It trusts the log's bytes (they carry checksums) and nothing else.
"""

from outcry.app.verify.report import Report
from outcry.app.verify.run import verify


__all__ = ["Report", "verify"]
