@cython.locals(
    balance=Balance, packed=cython.longlong, held=cython.longlong, total=cython.longlong, account=cython.longlong, asset=cython.longlong, markets=set,
)
cpdef object check_entry(Ledger ledger, Effects effects)
@cython.locals(pool=cython.longlong)
cdef object check_collateral(Ledger ledger, Market market)
