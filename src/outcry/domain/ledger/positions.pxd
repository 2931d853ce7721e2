@cython.locals(key=object, position=Position)
cdef Position position_of(Ledger ledger, Effects effects, long long account, long long market_id)
@cython.locals(position=Position)
cdef object bought(
    Ledger ledger, Effects effects, long long account, long long market_id, long long outcome,
    qty, cost,
)
@cython.locals(position=Position)
cdef object sold(
    Ledger ledger, Effects effects, long long account, long long market_id, long long outcome,
    qty, proceeds,
)
