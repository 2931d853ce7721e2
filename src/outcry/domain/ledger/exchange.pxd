@cython.locals(
    match=cython.longlong, price=cython.longlong, qty=cython.longlong, buys=cython.longlong, sells=cython.longlong,
    outcome=cython.longlong, value=cython.longlong, asset=cython.longlong, account=cython.longlong, pool=cython.longlong,
)
cdef object exchange(
    Ledger ledger, Effects effects, one, other, long long market_id, terms, long long giver=*
)
