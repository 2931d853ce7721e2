cdef long long LAST_OF_SEQ

cpdef object apply_facts(Ledger ledger, Effects effects, number, body)
@cython.locals(shard=Shard, seq=cython.longlong)
cpdef object apply_fact(Ledger ledger, Effects effects, number, Fact one)
cdef object _placed(Ledger ledger, Effects effects, shard, OrderPlaced one)
cdef object _traded(Ledger ledger, Effects effects, shard, Traded one)
cdef object _cancelled(Ledger ledger, Effects effects, shard, OrderCancelled one)
