"""The simulator: whole exchanges in virtual time, each wholly decided by one seed.

The real services run on an event loop whose clock jumps from timer to timer and whose order of
events a seed decides. What they stand on is in memory and fails as the world fails: processes are
killed between any two steps, paused, doubled; messages are late, lost or there twice; the answer to
a commit is lost; streams are wiped or thrown back; a snapshot is damaged.

Traders trade meanwhile and note what they are told. In the end an auditor who knows nothing else
works out every order, balance and position, and holds it against log, ledger, tables and engines.
"""
