"""Wallets that are contracts: a user's first account mirrors what the wallet has in escrow.

Whoever asks for it has shown that the wallet stands by the user's signature. What came into the
wallet's escrow before is the user's then; what the user's other address has, or is given later, is
kept by a further account of theirs, so that an account mirrors one address at any time.
"""

from outcry.domain.ledger.mirrors import account_of, assets, hindrance
from outcry.domain.ledger.people import User, address_key
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.rejects import Reject
from outcry.messages.escrow_requests import LinkWalletOp
from outcry.messages.ledger_records import AccountOpened, Transfer, UserCreated
from outcry.messages.people_records import AddressLinked, WalletLinked
from outcry.messages.requests import Declined, Done, FundsResult
from outcry.services.asset.sequencer import Sequencer


def link_nothing(_sequencer: Sequencer, _op: LinkWalletOp) -> FundsResult:
    """Decline a wallet where nothing is in escrow: every account is the ledger's alone."""
    return Declined(Reject.ON_NO_CHAIN)


def link(sequencer: Sequencer, op: LinkWalletOp) -> FundsResult:
    """Link a wallet, one for each user and for ever; the same again changes nothing."""
    ledger, wallet = sequencer.ledger, address_key(op.address)
    user = ledger.users.get(op.user_id)
    if user is None:
        return Declined(Reject.USER_UNKNOWN, str(op.user_id))
    if not user.address:
        return Declined(Reject.ADDRESS_MISSING)
    if wallet and ledger.chain.mirrored.get(user.account) == wallet:
        return Done(ledger.n, op.user_id, repeated=True)
    refused = _refused(ledger, user, wallet)
    if refused:
        return refused
    before = account_of(ledger, wallet)
    if _has_something(ledger, user.account):
        _keep_apart(sequencer, op.actor, user)
    now_us = sequencer.time_us
    for asset in list(assets(ledger)) if before is not None else ():
        _move(sequencer, op.actor, (before or 0, user.account), asset)
    sequencer.record(WalletLinked(now_us, op.actor, user.user_id, user.account, wallet))
    return Done(sequencer.batch.n, op.user_id)


def account_at(sequencer: Sequencer, actor: int, address: str) -> int:
    """Return the account that mirrors the escrow of *address*; one comes into being if need be."""
    ledger = sequencer.ledger
    account = account_of(ledger, address)
    if account is not None:
        return account
    user_id = ledger.addresses.get(address)
    if user_id is not None:
        return _further(sequencer, actor, ledger.users[user_id])
    return ledger.users[_owner(sequencer, actor, address)].account


def _refused(ledger: Ledger, user: User, wallet: str) -> Declined | None:
    """Return why *wallet* cannot be linked to *user*."""
    linked = ledger.chain.mirrored.get(user.account)
    if linked:
        return Declined(Reject.ADDRESS_TAKEN, f"the user has the wallet {linked}", "that wallet")
    if not wallet or wallet == user.address:
        return Declined(Reject.FIELD_INVALID, wallet, "the address of a wallet, 0x and 40 digits")
    if wallet in ledger.chain.mirrors or _is_somebodys(ledger, wallet):
        return Declined(Reject.ADDRESS_TAKEN, "the wallet of another user", "another wallet")
    for address in (user.address, wallet):
        account = account_of(ledger, address)
        wrong = hindrance(ledger, account) if account is not None else ""
        if wrong:
            later = "what it has to be free: cancel orders, wait for what is open, then ask again"
            return Declined(Reject.ADDRESS_TAKEN, f"the account of {address}: {wrong}"[:200], later)
    return None


def _is_somebodys(ledger: Ledger, wallet: str) -> bool:
    """Whether the address is that of a user who is more than what came into its escrow."""
    owner = ledger.addresses.get(wallet)
    if owner is None:
        return False
    names = (f"eth:{wallet}", f"escrow of {wallet}")
    signs_in = any(key.user_id == owner for key in ledger.keys.values())
    return signs_in or ledger.users[owner].external_id not in names


def _has_something(ledger: Ledger, account: int) -> bool:
    state = ledger.chain
    return any(
        ledger.total(account, asset)
        or balance_key(account, asset) in state.dust
        or balance_key(account, asset) in state.uncredited
        for asset in assets(ledger)
    )


def _keep_apart(sequencer: Sequencer, actor: int, user: User) -> None:
    """Move what the user's own address has to a further account, which mirrors it."""
    further = _further(sequencer, actor, user)
    for asset in list(assets(sequencer.ledger)):
        _move(sequencer, actor, (user.account, further), asset)


def _further(sequencer: Sequencer, actor: int, user: User) -> int:
    """Open the account that mirrors what the user's own address has beside a wallet."""
    ledger, now_us = sequencer.ledger, sequencer.time_us
    label, account = f"escrow of {user.address}", ledger.next_account
    while label in user.accounts:
        label += "'"
    sequencer.record(AccountOpened(now_us, actor, user.user_id, account, label))
    sequencer.record(WalletLinked(now_us, actor, user.user_id, account, user.address))
    return account


def _move(sequencer: Sequencer, actor: int, way: tuple[int, int], asset: int) -> None:
    amount = sequencer.ledger.total(way[0], asset)
    if amount:
        sequencer.record(Transfer(sequencer.time_us, actor, *way, asset, amount, ""))


def _owner(sequencer: Sequencer, actor: int, address: str) -> int:
    """Return the user whose an address is from now on: who signs in with it, by that name."""
    ledger, now_us = sequencer.ledger, sequencer.time_us
    name = f"eth:{address}"
    known = ledger.user_ids.get(name)
    if known and not ledger.users[known].address:
        sequencer.record(AddressLinked(now_us, actor, known, address))
        return known
    name = f"escrow of {address}" if known else name
    user_id, account = ledger.next_user_id, ledger.next_account
    sequencer.record(UserCreated(now_us, actor, user_id, account, name, address, ""))
    return user_id
