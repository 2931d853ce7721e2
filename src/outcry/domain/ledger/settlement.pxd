@cython.locals(taker=Order, maker=Order, market=Market, on_chain=cython.bint)
cdef object settle(Ledger ledger, Effects effects, Match match)
cdef object _finish(Ledger ledger, Effects effects, Order order, Match match)
cdef object _charge(schedule, rate, Order order, Match match)
@cython.locals(value=cython.longlong, qty=cython.longlong)
cdef object _take_from_hold(
    Ledger ledger, Effects effects, Order order, Match match, fee, remaining
)
cdef object _rebate(schedule, Order maker, taker_exact)
cdef object _fill(Order taker, Order maker, Match match, taker_fee, maker_fee, bint pending)
@cython.locals(order=Order, made=Order, position=Position)
cdef object _pay_fees(Ledger ledger, Effects effects, tuple taker, tuple maker, rebate)
