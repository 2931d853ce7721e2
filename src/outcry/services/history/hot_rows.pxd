cpdef list order_rows(changed)
cdef object _order_row(Order order, n)
cpdef object trade_row(n, Fill fill)
@cython.locals(posting=Posting, legs=dict, leg=cython.longlong, known=list)
cpdef list journal_rows(n, postings)
cpdef list balance_rows(Ledger ledger, keys)
@cython.locals(
    balance=Balance, chain=ChainState, account=cython.longlong, asset=cython.longlong,
)
cdef object _balance_row(Ledger ledger, key, long long number)
cpdef list position_rows(Ledger ledger, keys)
@cython.locals(
    position=Position, account=cython.longlong, market_id=cython.longlong, cost=list, bought=list,
    paid=list,
)
cdef object _position_row(Ledger ledger, key, long long number)
