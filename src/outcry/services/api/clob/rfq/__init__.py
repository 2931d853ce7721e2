"""Requests for quotes: who wants to trade asks, others quote, and two signed orders meet.

A request and its quotes are invitations: they live in this process, for a bounded time, and are
gone when it stops. Only what both sides have signed reaches the ledger.
"""
