cdef long long _SIDE_LAST
cdef long long _KIND_LAST
cdef long long _TIF_LAST
cdef long long _SELF_TRADE_LAST
cdef long long _DECREMENT
cdef long long _GTD
cdef long long _POST_ONLY
cdef long long _CANCEL_ONLY
cdef long long _OPEN

@cython.locals(market=Market)
cpdef object check_place(Ledger ledger, terms, time_us)
cdef object _check_hold(Ledger ledger, terms, hold)
cdef object _check_form(terms, time_us)
cdef object _check_combination(terms, time_us)
cdef object _check_amounts(terms, Market market)
cdef object _check_signature(Ledger ledger, terms, Market market)
cdef object check_size(Market market, qty)
cdef object check_funds(Ledger ledger, account, long long asset, more)
