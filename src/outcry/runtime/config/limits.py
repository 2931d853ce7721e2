"""The section `limits`: the bounds that an operator may move."""

from typing import Annotated

from msgspec import Meta

from outcry.runtime.config.section import Section


class Limits(Section, frozen=True):
    """Every queue, batch and wait has a bound. These are the ones an operator may move."""

    batch_count_max: Annotated[
        int, Meta(ge=1, le=2_000, description="Requests that a door sends in one batch.")
    ] = 1_000
    queue_count_max: Annotated[
        int, Meta(ge=1, description="Requests waiting in one door; more are told to retry.")
    ] = 20_000
    unapplied_orders_count_max: Annotated[
        int, Meta(ge=1, description="Numbered, not yet applied commands; then orders must wait.")
    ] = 50_000
    unapplied_cancels_count_max: Annotated[
        int, Meta(ge=1, description="The same bound for cancels, which may go on for longer.")
    ] = 100_000
    closing_step_orders_count_max: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Orders cancelled by one step of closing a market."),
    ] = 2_000
    unsettled_fills_count_max: Annotated[
        int, Meta(ge=1, description="Fills of a market that wait for the chain; then orders wait.")
    ] = 10_000
    projection_lag_entries_max: Annotated[
        int, Meta(ge=1, description="Log entries that the tables may be behind; then orders wait.")
    ] = 20_000
    stream_mib_max: Annotated[
        int, Meta(ge=1, description="Size of one stream; beyond it the oldest entries go.")
    ] = 128
    client_order_id_hours: Annotated[
        int,
        Meta(
            ge=1,
            le=168,
            description="How long the id of an ended order stays taken; at least 24 where signed "
            "orders are taken, or one that is done could be posted again.",
        ),
    ] = 24
    ranking_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Pause between two rankings of a running season.")
    ] = 60
    takeover_ms: Annotated[
        int,
        Meta(ge=2_000, description="Silence of the log after which a standby core takes over."),
    ] = 3_000
    own_key_days: Annotated[
        int,
        Meta(
            ge=1, le=3_650, description="How long the key of a split, merge or redemption is known."
        ),
    ] = 30
    account_orders_count_max: Annotated[
        int, Meta(ge=1, description="Open orders of one account.")
    ] = 10_000
    book_orders_count_max: Annotated[int, Meta(ge=1, description="Open orders of one book.")] = (
        1_000_000
    )
    total_orders_count_max: Annotated[
        int, Meta(ge=1, description="Open orders of the whole exchange.")
    ] = 5_000_000
    body_bytes_max: Annotated[int, Meta(ge=1_024, description="Body of one HTTP request.")] = (
        1_048_576
    )
    result_wait_ms_max: Annotated[
        int, Meta(ge=0, le=60_000, description="How long an answer waits for the matching result.")
    ] = 2_000
    read_wait_ms_max: Annotated[
        int, Meta(ge=0, le=60_000, description="How long a read waits for `after=n`.")
    ] = 1_000
    account_requests_per_second_max: Annotated[
        int, Meta(ge=1, description="Orders and cancels of one account by HTTP, of a TCP session.")
    ] = 2_000
    address_requests_per_second_max: Annotated[
        int, Meta(ge=1, description="Requests without identity from one address.")
    ] = 500
    feed_connections_count_max: Annotated[
        int, Meta(ge=1, description="WebSocket clients at a time.")
    ] = 20_000
    feed_subscriptions_count_max: Annotated[
        int, Meta(ge=1, description="Markets that one WebSocket client may follow.")
    ] = 200
    feed_buffer_bytes_max: Annotated[
        int, Meta(ge=4_096, description="Unsent bytes of a client before it counts as slow.")
    ] = 262_144
    feed_interval_ms: Annotated[
        int, Meta(ge=1, le=10_000, description="How often book changes go out, aggregated.")
    ] = 100
    feed_silence_ms_max: Annotated[
        int, Meta(ge=1_000, description="Silence after which a WebSocket client is let go.")
    ] = 60_000
    logon_ms_max: Annotated[
        int, Meta(ge=100, description="Time to say who one is, on the private feed and on TCP.")
    ] = 5_000
    gateway_connections_count_max: Annotated[
        int, Meta(ge=1, description="TCP clients at a time.")
    ] = 1_000
    drain_ms_max: Annotated[
        int, Meta(ge=0, description="Time to finish what was begun when told to stop.")
    ] = 10_000
