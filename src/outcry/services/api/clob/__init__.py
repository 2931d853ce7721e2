"""The CLOB surface without the web: what official Polymarket clients ask, on our own ledger.

Its routes are in `outcry.services.api.http.clob`.
"""
