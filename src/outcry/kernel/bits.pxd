# The C form of bits.py.

cdef extern from * nogil:
    """
    #include <stdint.h>
    static inline int outcry_lowest(unsigned long long x) { return __builtin_ctzll(x); }
    static inline int outcry_highest(unsigned long long x) { return 63 - __builtin_clzll(x); }
    static inline unsigned long long outcry_bit(int k) { return 1ULL << k; }
    static inline unsigned long long outcry_below(int k) { return (1ULL << k) - 1; }
    static inline unsigned long long outcry_above(int k) { return ~0ULL << k << 1; }
    static inline long outcry_spread(long long key, unsigned long long salt, long mask) {
        unsigned long long mixed = (unsigned long long)key * salt;
        mixed ^= mixed >> 32;
        return mixed * 0x9E3779B97F4A7C15ULL >> 36 & mask;
    }
    static inline unsigned long long outcry_fold(unsigned long long state, long long word) {
        state = (state ^ ((unsigned long long)word * 0x9E3779B97F4A7C15ULL)) * 0x100000001B3ULL;
        return state << 29 | state >> 35;
    }
    static inline long long outcry_signed(unsigned long long word) { return (long long)word; }
    static inline long long outcry_join(unsigned int low, unsigned int high) {
        return (long long)((unsigned long long)high << 32 | low);
    }
    static inline long long outcry_head(int type, int flags, int words, unsigned int instrument) {
        return (long long)((unsigned long long)instrument << 32 | (unsigned)(words << 19 | flags << 8 | type));
    }
    static inline unsigned int outcry_high(long long word) { return (unsigned int)(word >> 32); }
    static inline unsigned int outcry_low(long long word) { return (unsigned int)word; }
    static inline int outcry_is_below(long long value, long long limit) {
        return (unsigned long long)value < (unsigned long long)limit;
    }
    static inline long outcry_book_side(long long choices) { return (choices ^ choices >> 8) & 1; }
    static inline long long outcry_reciprocal(long long divisor) {
        return ((1LL << 32) + divisor - 1) / divisor;
    }
    /* A vector of words: a copy by bytes might change anything, and all would be read again. */
    typedef long long outcry_pair __attribute__((vector_size(16), aligned(8)));
    static inline void outcry_copy_pair(long long *to, long at, const long long *from, long place) {
        *(outcry_pair *)(to + at) = *(const outcry_pair *)(from + place);
    }
    static inline const long long *outcry_words_from(const long long *words, long at) {
        return words + at;
    }
    static inline int outcry_rarely(int condition) { return __builtin_expect(condition != 0, 0); }
    static inline int *outcry_choose(int condition, int *one, int *other) {
        uintptr_t a = (uintptr_t)one, b = (uintptr_t)other;
        return (int *)(b ^ ((a ^ b) & -(uintptr_t)(condition != 0)));
    }
    static inline void outcry_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }
    """
    int lowest "outcry_lowest"(unsigned long long)
    int highest "outcry_highest"(unsigned long long)
    unsigned long long bit "outcry_bit"(int)
    unsigned long long below "outcry_below"(int)
    unsigned long long above "outcry_above"(int)
    long spread "outcry_spread"(long long, unsigned long long, long)
    unsigned long long fold_word "outcry_fold"(unsigned long long, long long)
    long long signed_word "outcry_signed"(unsigned long long)
    long long fact_head "outcry_head"(int, int, int, unsigned int)
    void copy_pair "outcry_copy_pair"(long long*, long, const long long*, long)
    const long long* words_from "outcry_words_from"(const long long*, long)
    bint rarely "outcry_rarely"(int)
    int* choose "outcry_choose"(int, int*, int*)
    void prefetch "outcry_prefetch"(const void*)
    long long join_halves "outcry_join"(unsigned int, unsigned int)
    unsigned int word_high "outcry_high"(long long)
    unsigned int word_low "outcry_low"(long long)
    bint is_below "outcry_is_below"(long long, long long)
    long book_side "outcry_book_side"(long long)
    long long reciprocal_of "outcry_reciprocal"(long long)
