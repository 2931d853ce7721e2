cdef long long TICKS_PER_UNIT

cpdef long long own_price(long long outcome, long long book_price) except? -1
cpdef long long token_asset(long long market_id, long long outcome) except? -1
