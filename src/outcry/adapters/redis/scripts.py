"""What runs inside the server, so that a check and what depends on it are one step.

An entry is kept under the id ``{last}-0`` with four fields, in this order: ``f`` its first number,
``c`` the CRC-32 of its body, ``o`` the bytes of bodies before it since the stream began, ``b`` its
body. Numbers stay below 2**53, which Lua counts exactly.
"""

from hashlib import sha1
from typing import Final, NamedTuple


class Script(NamedTuple):
    """A Lua script and the digest by which the server knows it."""

    source: str
    digest: str


def _script(source: str) -> Script:
    return Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest())


#: ARGV: begin (1 or 0), bytes to keep (0: do not look), then first, last, crc, body of each entry.
#: Returns nil, or the tail that an entry does not follow and the entry's first number.
APPEND: Final = _script("""
local stream = KEYS[1]
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
local tail, bytes = nil, 0
if newest then
    tail = tonumber(string.match(newest[1], '^%d+'))
    bytes = tonumber(newest[2][6]) + #newest[2][8]
elseif ARGV[1] == '0' then
    return {'0', ARGV[3]}
end
local gap = false
for i = 3, #ARGV, 4 do
    local first, last = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    if tail == nil or first == tail + 1 then
        redis.call('XADD', stream, ARGV[i + 1] .. '-0', 'f', ARGV[i], 'c', ARGV[i + 2],
            'o', string.format('%.0f', bytes), 'b', ARGV[i + 3])
        tail = last
        bytes = bytes + #ARGV[i + 3]
    elseif last > tail then
        gap = {string.format('%.0f', tail), ARGV[i]}
        break
    end
end
local keep = tonumber(ARGV[2])
if keep > 0 and tail then
    local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    local low = tonumber(string.match(oldest[1], '^%d+'))
    if bytes - tonumber(oldest[2][6]) > keep then
        local high = tail
        while low < high do
            local middle = math.floor((low + high) / 2)
            local id = string.format('%.0f-0', middle)
            local entry = redis.call('XRANGE', stream, id, '+', 'COUNT', 1)[1]
            if bytes - tonumber(entry[2][6]) > keep then
                low = tonumber(string.match(entry[1], '^%d+')) + 1
            else
                high = middle
            end
        end
        low = math.min(low, tail)
        redis.call('XTRIM', stream, 'MINID', string.format('%.0f-0', low))
    end
end
return gap
""")

#: ARGV: the number below which to forget. The newest entry stays.
TRIM: Final = _script("""
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest then
    local tail = tonumber(string.match(newest[1], '^%d+'))
    local below = string.format('%.0f-0', math.min(tonumber(ARGV[1]), tail))
    redis.call('XTRIM', KEYS[1], 'MINID', below)
end
return false
""")
