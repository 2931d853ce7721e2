"""What each ledger record does to the ledger: money, markets, users, keys."""

from collections.abc import Callable
from typing import Any

from outcry.domain.fees import FeeSchedule
from outcry.domain.ledger import funds, lifecycle, limits, mirrors, sessions
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.sessions import Session
from outcry.domain.ledger.state import Event, Ledger, Limits, Market, Retention, Season
from outcry.domain.market import MarketMove, MarketState, SettlementMode
from outcry.domain.mode import Mode
from outcry.messages import ledger_records as rec
from outcry.messages.people_records import AddressLinked, WalletLinked
from outcry.messages.record import Record
from outcry.messages.session_records import SessionOpened, SessionsAdvanced
from outcry.runtime.fold_escrow import CHAIN_HANDLERS


def _deposit(ledger: Ledger, effects: Effects, one: rec.Deposit) -> None:
    funds.deposit(ledger, effects, one.account, one.asset, one.amount, one.key)


def _withdraw(ledger: Ledger, effects: Effects, one: rec.Withdraw) -> None:
    funds.withdraw(ledger, effects, one.account, one.asset, one.amount, one.key)


def _transfer(ledger: Ledger, effects: Effects, one: rec.Transfer) -> None:
    funds.transfer(ledger, effects, one.source, one.target, one.asset, one.amount, one.key)


def _split(ledger: Ledger, effects: Effects, one: rec.Split) -> None:
    funds.split(ledger, effects, one.account, one.market_id, one.qty, one.key)


def _merge(ledger: Ledger, effects: Effects, one: rec.Merge) -> None:
    funds.merge(ledger, effects, one.account, one.market_id, one.qty, one.key)


def _redeem(ledger: Ledger, effects: Effects, one: rec.Redeem) -> None:
    funds.redeem(ledger, effects, one.account, one.market_id, one.key)


def _create_event(ledger: Ledger, _effects: Effects, one: rec.CreateEvent) -> None:
    event = Event(one.event_id, one.identifier, one.end_at_us, one.request_hash, ledger.n)
    lifecycle.add_event(ledger, event)


def _add_market(ledger: Ledger, effects: Effects, one: rec.AddMarket) -> None:
    market = Market(
        one.market_id,
        one.event_id,
        one.shard,
        one.identifier,
        (one.token_0, one.token_1),
        one.tick,
        one.price_min,
        one.price_max,
        one.qty_min,
        one.qty_max,
        one.orders_max,
        one.fee_version,
        one.end_at_us,
        one.request_hash,
        ledger.n,
        one.dispute_window_us,
        SettlementMode(one.settlement),
    )
    if one.draft:
        market.state = MarketState.DRAFT
        ledger.chain.conditions[one.condition_id] = one.market_id
    lifecycle.add_market(ledger, effects, market)


def _market_state(ledger: Ledger, effects: Effects, one: rec.MarketStateSet) -> None:
    lifecycle.make_move(ledger, effects, one.market_id, MarketMove(one.move))


def _proposed(ledger: Ledger, effects: Effects, one: rec.ResolutionProposed) -> None:
    payout = (one.payout_0, one.payout_1)
    lifecycle.propose(ledger, effects, one.market_id, payout, one.final_at_us)


def _resolved(ledger: Ledger, effects: Effects, one: rec.Resolved) -> None:
    payout = (one.payout_0, one.payout_1)
    lifecycle.pay(ledger, effects, one.market_id, MarketMove.RESOLVE, payout)


def _voided(ledger: Ledger, effects: Effects, one: rec.Voided) -> None:
    if one.refund:
        lifecycle.refund(ledger, effects, one.market_id)
        return
    payout = (one.payout_0, one.payout_1)
    lifecycle.pay(ledger, effects, one.market_id, MarketMove.VOID, payout)


def _fees(ledger: Ledger, _effects: Effects, one: rec.FeeScheduleSet) -> None:
    ledger.fees[one.version] = FeeSchedule(
        one.version, one.kind, one.taker_bps, one.maker_bps, one.rebate_bps
    )


def _user(ledger: Ledger, _effects: Effects, one: rec.UserCreated) -> None:
    lifecycle.add_user(ledger, one.user_id, one.account, one.external_id, one.address)


def _address(ledger: Ledger, _effects: Effects, one: AddressLinked) -> None:
    lifecycle.link_address(ledger, one.user_id, one.address)


def _wallet(ledger: Ledger, _effects: Effects, one: WalletLinked) -> None:
    mirrors.mirror(ledger, one.account, one.address)


def _account(ledger: Ledger, _effects: Effects, one: rec.AccountOpened) -> None:
    lifecycle.open_account(ledger, one.user_id, one.account, one.label)


def _profile(_ledger: Ledger, _effects: Effects, _one: rec.ProfileSet) -> None:
    """Change nothing: the ledger has no use for what users show of themselves."""


def _season(ledger: Ledger, _effects: Effects, one: rec.SeasonSet) -> None:
    ledger.seasons[one.name] = Season(one.season_id, one.start_us, one.end_us)


def _key(ledger: Ledger, _effects: Effects, one: rec.KeyCreated) -> None:
    lifecycle.add_key(ledger, one.key_id, one.user_id, one.generation, one.scopes)


def _key_rotated(ledger: Ledger, _effects: Effects, one: rec.KeyRotated) -> None:
    ledger.keys[one.key_id].generation = one.generation


def _key_revoked(ledger: Ledger, _effects: Effects, one: rec.KeyRevoked) -> None:
    ledger.keys[one.key_id].revoked = True


def _mode(ledger: Ledger, _effects: Effects, one: rec.ModeSet) -> None:
    ledger.mode = Mode(one.mode)


def _retention(ledger: Ledger, _effects: Effects, one: rec.RetentionSet) -> None:
    ledger.retention = Retention(one.client_orders_us, one.own_keys_us)


def _limits(ledger: Ledger, _effects: Effects, one: rec.LimitsSet) -> None:
    bounds = Limits(one.orders_max, one.position_max, one.notional_max)
    limits.set_limits(ledger, one.account, one.market_id, bounds)


def _input_taken(ledger: Ledger, _effects: Effects, one: rec.InputTaken) -> None:
    ledger.inputs[one.stream] = (one.major, one.minor)


def _session_opened(ledger: Ledger, _effects: Effects, one: SessionOpened) -> None:
    session = ledger.sessions.setdefault((one.account, one.session), Session())
    session.opened, session.gate = one.opened, one.gate
    session.key = (one.key_id, one.generation)


def _sessions_advanced(ledger: Ledger, _effects: Effects, one: SessionsAdvanced) -> None:
    for took in one.took:
        session = ledger.sessions[took.account, took.session]
        sessions.advance(session, took.last_seq, took.refused, ledger.n)


RECORD_HANDLERS: dict[type[Record], Callable[[Ledger, Effects, Any], None]] = {
    rec.Deposit: _deposit,
    rec.Withdraw: _withdraw,
    rec.Transfer: _transfer,
    rec.Split: _split,
    rec.Merge: _merge,
    rec.Redeem: _redeem,
    rec.CreateEvent: _create_event,
    rec.AddMarket: _add_market,
    rec.MarketStateSet: _market_state,
    rec.ResolutionProposed: _proposed,
    rec.Resolved: _resolved,
    rec.Voided: _voided,
    rec.FeeScheduleSet: _fees,
    rec.UserCreated: _user,
    rec.AccountOpened: _account,
    AddressLinked: _address,
    WalletLinked: _wallet,
    rec.ProfileSet: _profile,
    rec.SeasonSet: _season,
    rec.KeyCreated: _key,
    rec.KeyRotated: _key_rotated,
    rec.KeyRevoked: _key_revoked,
    rec.ModeSet: _mode,
    rec.LimitsSet: _limits,
    rec.InputTaken: _input_taken,
    SessionOpened: _session_opened,
    SessionsAdvanced: _sessions_advanced,
    rec.RetentionSet: _retention,
    **CHAIN_HANDLERS,
}
