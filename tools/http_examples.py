"""The day that docs/reference/http.md tells: every route once, in an order that makes sense.

A section is a title, a few sentences and calls. ``{yes}``, ``{no}``, ``{key}`` and ``{invite}``
in a call stand for the token ids, the API key and the invitation that earlier answers gave.
"""

from tools.http_calls import Call, Section, admin, order
from tools.http_examples_more import COMMUNITY, LINK, MORE_ABOUT_ORDERS, WENT


EVENT = {
    "event_identifier": "rain-2027-06-01",
    "title": "Rain in Lisbon on 1 June 2027?",
    "topic": "weather",
    "rules": "Resolves to Yes if the airport's station measures at least 0.1 mm.",
    "end_date": 1_811_808_000,
    "markets": [
        {
            "market_identifier": "any",
            "question": "Will it rain in Lisbon?",
            "tick_size": "0.01",
            "fee_version": 1,
        }
    ],
}
SECOND = {
    "event_id": 1,
    "market_identifier": "heavy",
    "question": "More than 10 mm?",
    "dispute_window": 86_400,
}
CUP = {
    "event_identifier": "cup-2027",
    "title": "Who wins the cup?",
    "markets": [
        {"market_identifier": team, "question": f"Will {team} win?", "dispute_window": 3_600}
        for team in ("Reds", "Blues")
    ],
}

SECTIONS = (
    Section(
        "Users, keys and money",
        "A user exists from the first `user_data` with their token, or when an operator creates "
        "them. Deposits and withdrawals happen once for each `tx_hash`.",
        (
            Call("GET", "/api/user_data", "ann"),
            Call("POST", "/api/admin/users", "root", {"external_id": "bob", "name": "Bob"}),
            Call(
                "POST",
                "/api/admin/deposits",
                "root",
                {"user_id": 1, "amount": "100", "tx_hash": "0xa1"},
            ),
            Call(
                "POST",
                "/api/admin/deposits",
                "root",
                {"user_id": 3, "amount": "100", "tx_hash": "0xb1"},
            ),
            Call(
                "POST",
                "/api/admin/withdrawals",
                "root",
                {"user_id": 3, "amount": "20.5", "tx_hash": "0xb2"},
            ),
            Call(
                "POST",
                "/api/admin/keys",
                "root",
                {"user_id": 3, "scopes": ["read", "trade"], "label": "bob's bot"},
            ),
        ),
    ),
    Section(
        "Events and markets",
        "An event groups markets; each market has exactly two outcomes. The same identifier with "
        "the same content is answered as `repeated`, with other content it is refused. Fees are "
        "versions that markets name: `flat` is a part of min(p, 1-p), `quadratic` of p(1-p), "
        "`rebate_bps` is the maker's part of the taker's fee.",
        (
            Call(
                "POST",
                "/api/admin/fees",
                "root",
                {"kind": "flat", "taker_bps": 100, "rebate_bps": 2500},
            ),
            Call("POST", "/api/admin/events", "root", EVENT),
            Call("POST", "/api/admin/markets", "root", SECOND),
            Call("GET", "/api/topics"),
            Call("GET", "/api/event_detail?event_id=1"),
            Call("GET", "/api/events?topic=weather&newest=true&page=1&page_size=20"),
        ),
    ),
    Section(
        "Orders",
        "`price` is the own price of the outcome whose token is named. `order_type` `market` takes "
        "a `quantity`, or for a buy a `volume` of money that pays fees too; its `price` is the "
        "worst one accepted. `time_in_force` is GTC, GTD (with `expiration`, seconds), IOC (also "
        "FAK) or FOK. `client_order_id` makes a repeat safe: the same again gets the first answer. "
        "`wait` is `accepted` (durable; the default) or `result` (what the book made of it). "
        "Cancels and changes wait for the result by default. `reduce_order` keeps the place in the "
        "queue; `replace_order` carries the new total, what is filled already included, and one of "
        "an order may be on its way at a time. " + MORE_ABOUT_ORDERS,
        (
            Call(
                "POST",
                "/api/place_order",
                "ann",
                order("{yes}", "buy", "0.60", "10", client_order_id="first"),
            ),
            Call("GET", "/api/depth?event_id=1&market_id=1"),
            Call("GET", "/api/open_orders?uid=1"),
            Call(
                "POST",
                "/api/place_order?wait=result",
                "key",
                {
                    "event_id": 1,
                    "market_id": 1,
                    "token_id": "{no}",
                    "side": "buy",
                    "order_type": "market",
                    "volume": "2.50",
                },
            ),
            Call(
                "POST", "/api/place_order", "ann", order("{yes}", "buy", "0.555", "1"), status=422
            ),
            Call("POST", "/api/reduce_order", "ann", {"client_order_id": "first", "quantity": "1"}),
            Call(
                "POST",
                "/api/replace_order",
                "ann",
                {"client_order_id": "first", "price": "0.58", "quantity": "12"},
            ),
            Call("POST", "/api/cancel_order", "ann", {"client_order_id": "first"}),
            Call("POST", "/api/cancel_all_orders", "ann", {"event_id": 1}),
            Call("GET", "/api/order_history?page=1&page_size=1", "ann"),
            Call("POST", "/api/orders/validate", "ann", order("{yes}", "buy", "0.60", "10000")),
            Call(
                "POST",
                "/api/orders?wait=result",
                "ann",
                {
                    "orders": [
                        order("{yes}", "buy", "0.01", "1", time_in_force="IOC"),
                        order("{yes}", "buy", "0.015", "1"),
                    ]
                },
                ("Idempotency-Key: two-orders",),
            ),
        ),
    ),
    Section(
        "Tokens",
        "A pair of tokens is always worth one unit of collateral: `split` makes pairs, `merge` "
        "gives them back. With the header `Idempotency-Key` each happens once.",
        (
            Call(
                "POST",
                "/api/split",
                "ann",
                {"market_id": 1, "quantity": "5"},
                ("Idempotency-Key: split-1",),
            ),
            Call("POST", "/api/merge", "ann", {"market_id": 1, "quantity": "2"}),
            Call("GET", "/api/event_balance?event_id=1&market_id=1", "ann"),
            Call("GET", "/api/positions?uid=1&value=true"),
            Call("GET", "/api/portfolio_value?uid=1"),
            Call("GET", "/api/traded_volume?uid=1"),
            Call("GET", "/api/activity?uid=1&page_size=2"),
            Call("GET", "/api/balance?uid=1"),
        ),
    ),
    Section(
        "Accounts",
        "A user may have further accounts beside the first, each with balances, orders and "
        "positions of its own; they never trade with one another. `account` names one wherever "
        "orders, tokens and reads are concerned. An account of somebody else is unknown. "
        "`link_address` gives the user an address for signed orders: it signs the login of the "
        "CLOB surface ([clob](clob.md)) with the user's id as `nonce`, not long ago.",
        (
            Call("POST", "/api/accounts", "ann", {"label": "hedges"}),
            Call(
                "POST",
                "/api/transfer",
                "ann",
                {"from_account": 1000, "to_account": 1003, "amount": "10"},
                ("Idempotency-Key: move-1",),
            ),
            Call(
                "POST",
                "/api/place_order",
                "ann",
                order("{yes}", "buy", "0.10", "1", account=1003),
            ),
            Call("POST", "/api/cancel_all_orders", "ann", {"account": 1003}),
            Call("GET", "/api/accounts", "ann"),
            Call("POST", "/api/withdrawals", "ann", {"amount": "5"}, status=422),
            Call("GET", "/api/withdrawals?status=waiting", "ann"),
            Call("GET", "/api/balance?uid=1&account=1003", "ann"),
            Call(
                "POST",
                "/api/transfer",
                "ann",
                {"from_account": 1002, "to_account": 1000, "amount": "10"},
                status=404,
            ),
            LINK,
        ),
    ),
    WENT,
    Section(
        "The end of a market",
        "`close` is answered when every order of the market is cancelled and nothing is open. "
        "Then it is resolved, by `winner` (an outcome's name or token id) or by a `payout` that "
        "sums to 1, or voided: by default half each, with `refund` everybody gets back what they "
        "paid in. Then tokens can be redeemed. A market with a `dispute_window` takes a proposal, "
        "which stands at `final_at` unless an operator disputes it.",
        (
            Call("POST", "/api/admin/markets/1/pause", "root", {"reason": "storm warning"}),
            Call("POST", "/api/admin/markets/1/resume", "root", {}),
            Call("POST", "/api/admin/markets/1/close", "root", {"reason": "measured"}),
            Call("POST", "/api/admin/markets/1/resolve", "root", {"payout": ["1", "0"]}),
            Call("POST", "/api/redeem", "ann", {"market_id": 1}),
            Call("GET", "/api/closed_positions?uid=1"),
            Call("POST", "/api/admin/markets/2/close", "root", {}),
            Call("POST", "/api/admin/markets/2/propose", "root", {"winner": "No"}),
            Call("POST", "/api/admin/markets/2/dispute", "root", {"reason": "a gauge froze"}),
            Call("POST", "/api/admin/markets/2/resolve", "root", {"winner": "Maybe"}, status=422),
            Call("POST", "/api/admin/markets/2/void", "root", {"refund": True}),
        ),
    ),
    Section(
        "Whole events",
        "What is asked of an event happens to all of its markets that it concerns, or to none. "
        "Pause, resume, close and dispute concern those that can, payouts those that are named, a "
        "void those that have no payout yet.",
        (
            admin("events", **CUP),
            admin("events/2/pause", reason="half-time"),
            admin("events/2/resume"),
            admin("events/2/close", reason="final whistle"),
            admin("events/2/propose", payouts=[{"market_id": 3, "winner": "Yes"}]),
            admin("events/2/dispute", reason="offside"),
            admin("events/2/resolve", payouts=[{"market_id": 3, "winner": "No"}]),
            admin("events/2/void", payout=["0.5", "0.5"]),
        ),
    ),
    COMMUNITY,
    Section(
        "Operating",
        "`mode` is normal, post_only, cancel_only or halted, for the whole exchange. `clock` works "
        "on a manual clock only. A frozen account may only cancel; `release` gives it what a deep "
        "reorganisation of a chain left in suspense. `checkpoint` compares every book of the "
        "engine with the ledger's at an exact command.",
        (
            Call("POST", "/api/admin/mode", "root", {"mode": "cancel_only"}),
            admin("limits", account=1000, open_orders=200, position="5000", notional="2500"),
            Call("GET", "/api/admin/limits", "root"),
            admin("freeze", account=1001, frozen=True, reason="a trade was taken back"),
            admin("freeze", account=1001, frozen=False, reason="agreed"),
            Call(
                "POST",
                "/api/admin/release",
                "root",
                {"account": 1001, "amount": "6", "tx_hash": "agreed"},
                status=422,
            ),
            Call("POST", "/api/admin/clock", "root", {"time": 1_800_000_060}),
            Call("POST", "/api/admin/checkpoint", "root", {}),
            Call("GET", "/api/admin/users?page_size=2", "root"),
            Call("GET", "/api/admin/users/1", "root"),
            Call("GET", "/api/admin/users/1/accounts", "root"),
            Call("POST", "/api/admin/keys/1/rotate", "root", {}),
            Call("POST", "/api/admin/keys/1/revoke", "root", {}),
            Call("GET", "/api/admin/keys?user_id=3", "root"),
            Call("GET", "/api/admin/audit?kind=resolved", "root"),
            Call("GET", "/api/portfolio_history?uid=1&interval=1d"),
        ),
    ),
)
