cpdef list order_rows(changed)
cdef object _order_row(Order order, n)
cpdef object trade_row(n, Fill fill)
@cython.locals(posting=Posting, legs=dict, leg=cython.longlong)
cpdef list journal_rows(n, postings)
@cython.locals(packed=bytearray, buffer="char *", at=Py_ssize_t)
cdef object _add_leg(dict legs, account, long long leg, Posting posting, amount, after)
@cython.locals(candle=list, key=tuple)
cpdef object add_candle(dict candles, Fill fill, lasts_us)
cpdef object add_turnover(dict days, Fill fill, lasts_us)
@cython.locals(own=object, sums=list)
cdef object _add_side(dict days, tuple key, outcome, fee, Fill fill)
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
