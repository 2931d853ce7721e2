"""The ledger core: one state, changed only by what a log entry says. Pure.

`state` is what there is, `checks` says whether a request may be granted, `orders`, `settlement`,
`funds` and `lifecycle` carry out what was decided, `effects` lists what that changed, and
`invariants` refuses to go on when a law is broken.
"""
