cdef void make_room(Core* core, long words) noexcept nogil
cdef long move_facts(Core* core, long first, long last) noexcept nogil
cdef inline void note_header(Core* core, Words cmd) noexcept nogil
cdef inline long begin_answer(Core* core, int record_type, int flags, Book* book, int words) noexcept nogil
cdef inline long begin_fact(Core* core, int record_type, int flags, unsigned int instrument, long long account, int words) noexcept nogil
cdef void emit_order_rejected(Core* core, unsigned int instrument, long long account, long long order_id, int reject) noexcept nogil
cdef void emit_command_rejected(Core* core, unsigned int instrument, long long account, long long order_id, int reject, int command) noexcept nogil
cdef void emit_placed(Core* core, Book* book, int index) noexcept nogil
cdef inline void emit_all_placed(Core* core, Book* book, Words cmd, long long terms) noexcept nogil
cdef inline void emit_user_cancelled(Core* core, Book* book, int index, Words cmd) noexcept nogil
cdef inline void emit_traded(Core* core, Book* book, int maker, long long price, int quantity, int taker_remaining, int flags) noexcept nogil
cdef void emit_cancelled(Core* core, Book* book, int index, int reason, int flags) noexcept nogil
cdef void emit_taker_cancelled(Core* core, Book* book, int reason) noexcept nogil
cdef void emit_reduced(Core* core, Book* book, int index, int by, int reason, int flags) noexcept nogil
cdef void emit_taker_reduced(Core* core, Book* book, int by) noexcept nogil
cdef void emit_replaced(Core* core, Book* book, int index, long long price, int remaining, bint kept) noexcept nogil
cdef void emit_ticked(Core* core, unsigned int instrument, long long account) noexcept nogil
cdef void emit_instrument_changed(Core* core, Book* book, long long account) noexcept nogil
cdef void emit_book_hashed(Core* core, Book* book, long long account, long long checkpoint_id) noexcept nogil
cdef void emit_done(Core* core, unsigned int instrument, long long account, int command, long long count) noexcept nogil
