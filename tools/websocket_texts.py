"""The words of docs/reference/websocket.md; limits are those of the code."""

from outcry.runtime.ws_session import CloseCode, SessionLimits
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_user.config import UserFeedConfig


_SESSION = SessionLimits()
_PING = _SESSION.ping_after_seconds
_SILENCE = _SESSION.heartbeat_seconds
_BYTES = _SESSION.message_bytes_max
_RATE = _SESSION.messages_per_second_max
_PUBLIC = DepthFeedConfig()
_PRIVATE = UserFeedConfig()
_INTERVAL_MS = _PUBLIC.interval_seconds * 1_000

_CLOSES = {
    CloseCode.NORMAL: "You said goodbye.",
    CloseCode.GOING_AWAY: "The exchange is stopping; connect again.",
    CloseCode.PROTOCOL_ERROR: "A frame that WebSockets do not have, or an extension.",
    CloseCode.UNSUPPORTED_DATA: "A binary message; send text.",
    CloseCode.INVALID_TEXT: "A text message that is not UTF-8.",
    CloseCode.POLICY_VIOLATION: (
        "No login, a refused login, no sign of life, or too many messages; the reason says which."
    ),
    CloseCode.MESSAGE_TOO_BIG: "A message that is too large.",
    CloseCode.INTERNAL_ERROR: "A fault of ours.",
    CloseCode.TRY_AGAIN_LATER: "You read too slowly, or we are behind; connect again and resume.",
}

HEAD = f"""\
# WebSocket feeds

Written by `tools/write_websocket_page.py`: every message on this page was sent by an exchange.

Both feeds are on one port, by default `ws://127.0.0.1:8001`: `/depth` is public, `/user` private.

* Messages are JSON objects as text. Fields may be added; ignore those that you do not know.
* **Amounts are text**: prices with four decimals, shares with two, money with six. Ids and times
  (milliseconds) are integers. The price of an order or trade is that of its own token.
* Send the text `ping` to get the text `pong`; a WebSocket ping gets a pong. Any frame is a sign of
  life. After {_PING:g} s of silence the server pings, after {_SILENCE:g} s it closes.
* A message has at most {_BYTES:,} bytes; at most {_RATE} may be sent in a second.
* Private events are committed when they are sent. The public book follows the engine and may be a
  moment ahead of what is settled; the same commands always give the same book.
* A trade may be shown before the answer to the order that made it.

What is refused has number, name and sentence of the [reject](rejects.md), the same as everywhere.
"""

PUBLIC = f"""
## `/depth`: books for everybody

A connection follows up to {_PUBLIC.subscriptions_max} markets. It is greeted first:
"""

SUBSCRIBED = """
After `subscribe` comes the answer, then the whole book, as `GET /api/depth` gives it: for both
tokens, bids falling, asks rising. `latest_trade_price` is empty before the first trade.
"""

PUBLIC_CHANGES = f"""
Then come changes: for a market at most one message every {_INTERVAL_MS:g} ms, the first after a
quiet time at once. Each level that changed comes with its **new total**; `"0"` removes it.
`trades`, when there were any, tells each fill from the taker's side; `match` is `transfer`, `mint`
or `merge`. Here somebody buys No at 0.40, which meets the bid for Yes at 0.60:
"""

PUBLIC_LAW = """
### The law of the numbers

`update_id` is the number of the command that last changed the market's public book. The
`prev_update_id` of each change is the `update_id` of the message before it, so whoever holds a
snapshot and applies changes in order has exactly the book. A change with another `prev_update_id`
belongs to another state: subscribe again. A message with `depths` always starts afresh.

**Slow readers** are not buffered: what a full connection could not take is joined into one later
change, from where the reader stands to now. It has `"dropped"`, the number of messages that it
replaces, and `"trades_dropped"`, the number of trades that are not told, each only if it is not 0.

To stop following:
"""

TICKER = """
### Best prices alone

With `"channel": "ticker"` a subscription tells the best prices of both tokens, the last price and
the state of the book (`open`, `post_only`, `cancel_only`, `halted`, `closed`): at once, and when
one of them changes. Each message says everything, so a slow reader just gets the newest. A book
and its ticker may be followed on one connection.
"""

PUBLIC_RESUME = """
### Coming back

Subscribe with the `update_id` at which your book stands to get only what changed since; when that
is not known any more, the whole book comes instead, with `"resumed": false`. To subscribe again to
a market that is followed already asks for the book anew.
"""

PRIVATE = f"""
## `/user`: your own orders, trades, positions and balance

The first message is a login, within {_PRIVATE.auth_seconds:g} s: `{{"auth": "<jwt>"}}` or
`{{"api_key": "<key>"}}` (scope `read`; the token counts when both are sent). Anything else is
answered with a failed `auth`, and the connection closes. A user has at most
{_PRIVATE.sessions_per_user_max} connections at a time. An address that shows wrong credentials
again and again, here or over HTTP, is answered `guessing` for a minute; who is logged in stays.

After the answer comes a snapshot of everything that is open, in parts of at most
{_PRIVATE.snapshot_part_max} orders; `truncated` says that there are more open orders than it shows.
Each part is of one account. What is of a further account says so by `data.account`; what is of the
first one does not.
"""

PRIVATE_EVENTS = """
Then come events as they are committed. Each carries the whole order, position or balance **as it is
now**. Here Bob fills the rest of Ann's order:
"""

PRIVATE_LAW = """
| `event_type` | `data.types` | what happened |
|---|---|---|
| `open_order_change` | `open_order_created` | it is numbered and durable; `resting` is false |
| | `open_order_updated` | it rests in the book, was filled in part, reduced or replaced |
| | `open_order_filled` | it is filled |
| | `open_order_cancelled` | it ended otherwise; `status`, `reason` and `reject` say how |
| `position_change` | `position_created`, `position_updated` | tokens of one outcome came or went |
| | `position_removed` | none are left |
| `trade` | – | one side of one fill is yours; `role` is `maker` or `taker` |
| `trade_settled` | – | the chain spoke of a fill that was `pending`: `verdict` and `reason` |
| `balance_change` | – | collateral came, went or was set aside; `event_id` is null |

In a market that settles on a chain a `trade` has `"pending": true` until `trade_settled` says
`confirmed`, `failed` (all is available again, the order is not entered again) or `reverted`. What
waits is in `incoming` and `outgoing` of balance and position, outside their totals; an order whose
fills failed has `failed_quantity`. Where nothing waits or failed these fields are absent.

Treat `position_created` and `position_updated` alike: after resuming, the feed cannot always tell
them apart. `update_id` orders what is said of one order, and of one position.

### The law of the numbers

`n` is the log entry in which it happened, `prev_n` the last entry before it that had something for
you. If you hold everything up to `prev_n`, nothing is missing. All events of one entry have the
same two numbers, and the last of them has `"last": true`. An order that is placed and cancelled:
"""

PRIVATE_RESUME = f"""
### Coming back

Log in with `"after"`, the newest `n` of which you have the event that is `last`. You get exactly
what came after it; when that is too long ago, you get a snapshot instead, with
`"resumed": false`.

A reader that is too slow is sent nothing until it has read; if it makes no room within
{_PRIVATE.drain_seconds:g} s, it is disconnected (1013) and may resume. To renew a token, log in
again on the same connection as the same user. When a token expires the connection is closed within
about {_PRIVATE.recheck_seconds:g} s, when its key is revoked or rotated within about a second.
"""

ERRORS = "\n## Close codes\n\n| code | why |\n|---|---|\n" + "".join(
    f"| {code.value} | {why} |\n" for code, why in _CLOSES.items()
)
