"""`outcry verify`: the books, rebuilt from the log and compared with everything else that claims
to know them. It trusts the log's bytes (they carry checksums) and nothing else.
"""
