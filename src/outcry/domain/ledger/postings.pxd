@cython.locals(
    given=object, taken=object, giver=Balance, taker=Balance, held=cython.longlong,
    giver_total=cython.longlong, taker_total=cython.longlong, issuer=cython.bint,
)
cdef object post(
    Ledger ledger, Effects effects, long long source, long long target, long long asset,
    long long amount, kind, ref,
)
@cython.locals(key=object, balance=Balance, held=cython.longlong, total=cython.longlong)
cdef object hold(
    Ledger ledger, Effects effects, long long account, long long asset, long long change
)
@cython.locals(key=object, balance=Balance)
cdef object total_of(Ledger ledger, long long account, long long asset)
cdef object owned(Ledger ledger, long long account, long long asset)
@cython.locals(
    key=object, balance=Balance, free=cython.longlong, held=cython.longlong,
    announced=cython.longlong,
)
cdef long long available(Ledger ledger, long long account, long long asset) except? -1
