"""Which account mirrors the escrow of which address. Pure; only for ledgers with a home.

Escrow is kept by addresses. A user's first account mirrors the address that the user signs in with,
until a wallet is linked: then it mirrors the wallet, and a further account of the same user what
the other address has or is given later. An address has one account at any time.
"""

from collections.abc import Iterator

from outcry.domain.ids import COLLATERAL
from outcry.domain.ledger.state import Ledger, balance_key, split_key
from outcry.domain.outcomes import token_asset


def address_of(ledger: Ledger, account: int) -> str:
    """Return the address whose escrow *account* mirrors, "" for one that mirrors none."""
    linked = ledger.chain.mirrored.get(account)
    if linked is not None:
        return linked
    user = ledger.users.get(ledger.owners.get(account, 0))
    return user.address if user and user.account == account else ""


def account_of(ledger: Ledger, address: str) -> int | None:
    """Return the account that mirrors the escrow of *address*, None while there is none."""
    linked = ledger.chain.mirrors.get(address)
    if linked is not None:
        return linked
    user_id = ledger.addresses.get(address)
    if user_id is None:
        return None
    account = ledger.users[user_id].account
    return None if account in ledger.chain.mirrored else account


def addresses(ledger: Ledger) -> dict[int, str]:
    """Return the address of every account that mirrors one."""
    found = {user.account: user.address for user in ledger.users.values() if user.address}
    return found | ledger.chain.mirrored


def mirror(ledger: Ledger, account: int, address: str) -> None:
    """Let *account* mirror *address* from now on, with dust and what is uncredited.

    Whoever had been registered for the address by what came into its escrow has it no longer.
    """
    state, source = ledger.chain, account_of(ledger, address)
    for asset in assets(ledger) if source not in (None, account) else ():
        before, after = balance_key(source or 0, asset), balance_key(account, asset)
        for uncounted in (state.dust, state.uncredited):
            atoms = uncounted.pop(before, 0)
            if atoms:
                uncounted[after] = atoms
    owner = ledger.addresses.get(address)
    if owner is not None and owner != ledger.owners[account]:
        ledger.users[owner].address = ""
        del ledger.addresses[address]
    state.mirrors[address] = account
    state.mirrored[account] = address


def assets(ledger: Ledger) -> Iterator[int]:
    """Yield every asset there is."""
    yield COLLATERAL
    for market_id in ledger.markets:
        yield token_asset(market_id, 0)
        yield token_asset(market_id, 1)


def hindrance(ledger: Ledger, account: int) -> str:
    """Return why what *account* has cannot be kept by another one, "" if it can."""
    state = ledger.chain
    if account in ledger.frozen:
        return f"it is frozen: {ledger.frozen[account]}"
    if any(one.account == account for one in state.operations.values()):
        return "the contract is still doing something for it"
    if any(split_key(key)[0] == account for key in state.exits):
        return "an exit of it was announced"
    if any(split_key(key)[0] == account for key in state.missing):
        return "something of it is missing"
    for asset in _own_assets(ledger, account):
        # Whoever waits for tokens gives money for them, or tokens of the same market.
        if balance_key(account, asset) in state.transit:
            return "fills of it are on their way to the chain"
        if ledger.total(account, asset) != ledger.free(account, asset):
            return "something of it is set aside for orders"
    return ""


def _own_assets(ledger: Ledger, account: int) -> Iterator[int]:
    """Yield what *account* may have something of; strangers may ask for it again and again."""
    yield COLLATERAL
    for market_id in ledger.markets:
        if balance_key(account, market_id) in ledger.positions:
            yield token_asset(market_id, 0)
            yield token_asset(market_id, 1)
