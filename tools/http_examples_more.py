"""Parts of the day of `http_examples`: how it went, and who users are to each other."""

from tools.http_calls import Call, Section


MORE_ABOUT_ORDERS = (
    "The header `Idempotency-Key` names an order that has no `client_order_id`; in a batch of "
    "`orders` (at most 50) its place is added: `-0`, `-1` and so on. `orders/validate` tries an "
    "order and changes nothing. Where `trading.signed_orders` is set, these three also take "
    "orders with an EIP-712 signature of the user's address: instead of `quantity` and "
    "`client_order_id` they have `salt`, `maker`, `signer`, `taker`, `makerAmount`, `takerAmount`, "
    "`expiration`, `signatureType`, `signature`, and `nonce`, `feeRateBps` (first generation) "
    "or `timestamp`, `metadata`, `builder` (second). Price and quantity follow from the signed "
    "amounts, the digest is the client's order id; fees are those of the market, whatever "
    "`feeRateBps` says; on a real chain, which takes no more than was signed, it must name the "
    "market's higher rate at least (`ORDER_FEE_RATE_INVALID`). `signatureType` is 0 for the "
    "address itself, 1 and 2 for its proxy and its safe, 3 for a wallet that is a contract; on a "
    "real chain for any account that has named the key there, which its first order links to the "
    "user (as on the CLOB surface: clob.md). `orders/validate` links nothing."
)

LINK = Call(
    "POST",
    "/api/link_address",
    "ann",
    {
        "address": "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F",
        "timestamp": "1700000000",
        "signature": "0x" + "5a" * 65,
    },
    status=401,
)

WENT = Section(
    "How it went",
    "Candles, prices and trades stay when a market has ended. Intervals are 1m, 5m, 15m, 1h, "
    "4h and 1d, in UTC; one without a trade is left out. `outcome` 0 or 1 says whose prices. "
    "A day's volume is that of the 24 hours before the exchange's last log entry. "
    "`portfolio_history` (below, after the clock has moved) says what a user was worth at full "
    "hours: tokens count at their last price, or half a unit before the first.",
    (
        Call("GET", "/api/candles?market_id=1&interval=1d"),
        Call("GET", "/api/price_history?market_id=1&outcome=1&interval=1h&limit=24"),
        Call("GET", "/api/trades?market_id=1&limit=1"),
    ),
)

COMMUNITY = Section(
    "Profiles, seasons and invitations",
    "A user may show a name, a bio and a picture, and invite others by the `invite_code` of "
    "`user_data`, which newcomers give to their own first `user_data`. A season ranks users "
    "over whole days (UTC): a point for each whole unit traded, 100 for coming by an "
    "invitation, 50 for inviting. Rankings are made anew from the tables each "
    "`limits.ranking_seconds`, and are final once the season is over. Ranks are told exactly "
    "up to 200; `season_id` 0 is the season that began last.",
    (
        Call("POST", "/api/user_profile", "ann", {"name": "Ann", "bio": "Watches clouds."}),
        Call("POST", "/api/user_image", "ann", {"image_url": "https://example.org/ann.png"}),
        Call("GET", "/api/simple_info?uid=1"),
        Call("GET", "/api/user_data?invite_code={invite}", "cyd"),
        Call(
            "POST",
            "/api/admin/seasons",
            "root",
            {"name": "First", "start": 1_699_920_000, "end": 1_702_512_000},
        ),
        Call("GET", "/api/seasons"),
        Call("GET", "/api/season_current"),
        Call("GET", "/api/points", "ann"),
        Call("GET", "/api/user_points_volumes", "ann"),
        Call("GET", "/api/leaderboard_points?page_size=2"),
        Call("GET", "/api/leaderboard_volume?season_id=1&page_size=1"),
        Call("GET", "/api/invite_stats", "ann"),
        Call("GET", "/api/invite_records", "ann"),
    ),
)
