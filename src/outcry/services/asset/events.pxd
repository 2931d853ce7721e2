@cython.locals(
    order=Order, fill=Fill, market=Market, waits=cython.bint, number=cython.longlong, account=cython.longlong, asset=cython.longlong,
    events=dict, batches=list, balances=list, owners=dict,
)
cpdef list user_batches(Ledger ledger, Effects effects, n)
@cython.locals(told=list)
cdef object _tell(dict events, user_id, event)
cpdef object order_state(Order order)
cdef tuple _sides(Fill fill, bint waits)
@cython.locals(
    market_id=cython.longlong, outcome=cython.longlong, place=object, balance=Balance, chain=ChainState,
    position=Position, cost=list,
)
cdef object _position_state(Ledger ledger, key, long long account, long long asset)
@cython.locals(balance=Balance, chain=ChainState)
cdef object _balance_state(Ledger ledger, key, account)
