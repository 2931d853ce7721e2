"""Arithmetic on 64-bit words that C and Python spell differently. The C form is in bits.pxd."""

from outcry_wire.bookhash import MASK, MIX, fold


SIGN = 2**63


def lowest(word: int) -> int:
    """Return the place of the lowest set bit of *word*, which is not 0."""
    return (word & -word).bit_length() - 1


def highest(word: int) -> int:
    """Return the place of the highest set bit of *word*, which is not 0."""
    return word.bit_length() - 1


def bit(place: int) -> int:
    """Return the word in which only the bit at *place* is set."""
    return 1 << place


def below(place: int) -> int:
    """Return the word in which the bits below *place* are set."""
    return (1 << place) - 1


def above(place: int) -> int:
    """Return the word in which the bits above *place* are set."""
    return MASK & (MASK << place << 1)


def spread(key: int, salt: int, mask: int) -> int:
    """Return the place of *key* in a table of ``mask + 1``.

    *salt* is odd. Who does not know it cannot choose keys whose places are alike more often than by
    chance: the first product hides how keys differ, the second brings that to its upper bits.
    The size of the table is a power of 2, at most 2**28.
    """
    mixed = key * salt & MASK
    return ((mixed ^ mixed >> 32) * MIX & MASK) >> 36 & mask


def fold_word(state: int, word: int) -> int:
    """Return *state* of a book hash after *word* (see `outcry_wire.bookhash`)."""
    return fold(state, word * MIX)


def signed_word(word: int) -> int:
    """Return the unsigned *word* as the signed one with the same bits."""
    return word - 2 * SIGN if word >= SIGN else word


def join_halves(low: int, high: int) -> int:
    """Return the word with these halves."""
    return signed_word(low | high << 32)


def fact_head(record_type: int, flags: int, words: int, instrument: int) -> int:
    """Return the first word of a fact of that many words."""
    return signed_word(record_type | flags << 8 | words << 19 | instrument << 32)


def word_high(word: int) -> int:
    """Return the upper half of *word*: the instrument of a header."""
    return (word >> 32) & 0xFFFF_FFFF


def word_low(word: int) -> int:
    """Return the lower half of *word*."""
    return word & 0xFFFF_FFFF


def is_below(value: int, limit: int) -> bool:
    """Return whether *value* is at least 0 and below *limit*, which is at least 0."""
    return 0 <= value < limit


def book_side(choices: int) -> int:
    """Return where an order with these sides stands: bid 0, ask 1.

    *choices* are those of a node, or the word of a command that begins with outcome and side.
    """
    return (choices ^ (choices >> 8)) & 1


def reciprocal_of(divisor: int) -> int:
    """Return 2**32 / *divisor*, rounded up."""
    return -(-(2**32) // divisor)


def copy_pair(out: memoryview, at: int, src: memoryview, place: int) -> None:
    """Copy two words: ``src[place]`` to ``out[at]`` and the one behind it."""
    out[at] = src[place]
    out[at + 1] = src[place + 1]


def words_from(words: memoryview, at: int) -> memoryview:
    """Return *words* without the first *at*."""
    return words[at:]


def rarely(condition: bool) -> bool:
    """Return *condition*, of which C is told that it is nearly always false."""
    return condition


def choose(condition: bool, one: list[int], other: list[int]) -> list[int]:
    """Return *one* or *other*, in C without a branch."""
    return one if condition else other


def prefetch(address: object) -> None:
    """Fetch a cache line; Python has no such thing."""
