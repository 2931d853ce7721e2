"""Both generations of the official client of Python, asked alike. Nothing of them is changed.

What a method of ours does is one call of theirs; they differ in names and arguments alone.
"""

from typing import Any

import py_clob_client.clob_types as types_1
import py_clob_client_v2.clob_types as types_2
from py_clob_client.client import ClobClient as Client1
from py_clob_client_v2.client import ClobClient as Client2
from tests.conformance.venue import CHAIN_ID, Json, Place, new_wallet


def log_in(place: Place, key: str) -> None:
    """Make a key for a wallet: who has none is nobody here, and cannot be given money."""
    Client1(place.host, key=key, chain_id=CHAIN_ID).create_or_derive_api_creds()


class Trader1:
    """A wallet with a client of the first generation, logged in."""

    generation = 1

    def __init__(self, place: Place, amount: str = "1000") -> None:
        self.key, self.address = new_wallet()
        self.client = Client1(place.host, key=self.key, chain_id=CHAIN_ID)
        self.creds = self.client.create_or_derive_api_creds()
        self.client.set_api_creds(self.creds)
        place.fund(self.address, amount)

    def sign(self, token: str, side: str, price: float, size: float, expiration: int = 0) -> Any:
        """Sign a limit order."""
        args = types_1.OrderArgs(token, price, size, side, expiration=expiration)
        return self.client.create_order(args)

    def limit(
        self, token: str, side: str, price: float, size: float, kind: str = "GTC",
        expiration: int = 0, *, post_only: bool = False,
    ) -> Json:  # fmt: skip
        """Sign and post a limit order."""
        order = self.sign(token, side, price, size, expiration)
        answer: Json = self.client.post_order(order, kind, post_only)
        return answer

    def batch(self, orders: list[Any]) -> list[Json]:
        """Post signed orders together."""
        answer: list[Json] = self.client.post_orders(
            [types_1.PostOrdersArgs(order, types_1.OrderType.GTC) for order in orders]
        )
        return answer

    def market(self, token: str, side: str, amount: float, kind: str = "FOK") -> Json:
        """Sign and post a market order: dollars to buy for, or shares to sell."""
        args = types_1.MarketOrderArgs(token, amount, side, order_type=kind)
        answer: Json = self.client.post_order(self.client.create_market_order(args), kind)
        return answer

    def cancel(self, order_id: str) -> Json:
        """Cancel one order."""
        answer: Json = self.client.cancel(order_id)
        return answer

    def cancel_market(self, market: str = "", asset_id: str = "") -> Json:
        """Cancel the orders of a market or a token."""
        answer: Json = self.client.cancel_market_orders(market=market, asset_id=asset_id)
        return answer

    def orders(self, **which: str) -> list[Json]:
        """Return open orders."""
        found: list[Json] = self.client.get_orders(types_1.OpenOrderParams(**which))
        return found

    def trades(self, **which: Any) -> list[Json]:
        """Return trades."""
        found: list[Json] = self.client.get_trades(types_1.TradeParams(**which))
        return found

    def balance(self, token: str = "") -> Json:
        """Return collateral, or tokens, in atomic units."""
        kind = "CONDITIONAL" if token else "COLLATERAL"
        params = types_1.BalanceAllowanceParams(asset_type=kind, token_id=token or None)
        answer: Json = self.client.get_balance_allowance(params)
        return answer

    def scoring(self, order_ids: list[str]) -> Json:
        """Return which orders earn rewards."""
        answer: Json = self.client.are_orders_scoring(types_1.OrdersScoringParams(order_ids))
        return answer


class Trader2:
    """A wallet with a client of the second generation, logged in."""

    generation = 2

    def __init__(self, place: Place, amount: str = "1000") -> None:
        self.key, self.address = new_wallet()
        self.client = Client2(place.host, CHAIN_ID, key=self.key)
        self.creds = self.client.create_or_derive_api_key()
        self.client.set_api_creds(self.creds)
        place.fund(self.address, amount)

    def sign(self, token: str, side: str, price: float, size: float, expiration: int = 0) -> Any:
        """Sign a limit order."""
        args = types_2.OrderArgsV2(token, price, size, side, expiration=expiration)
        return self.client.create_order(args)

    def limit(
        self, token: str, side: str, price: float, size: float, kind: str = "GTC",
        expiration: int = 0, *, post_only: bool = False,
    ) -> Json:  # fmt: skip
        """Sign and post a limit order."""
        args = types_2.OrderArgsV2(token, price, size, side, expiration=expiration)
        answer: Json = self.client.create_and_post_order(args, order_type=kind, post_only=post_only)
        return answer

    def batch(self, orders: list[Any]) -> list[Json]:
        """Post signed orders together."""
        answer: list[Json] = self.client.post_orders(
            [types_2.PostOrdersV2Args(order, types_2.OrderType.GTC) for order in orders]
        )
        return answer

    def market(self, token: str, side: str, amount: float, kind: str = "FOK") -> Json:
        """Sign and post a market order: dollars to buy for, or shares to sell."""
        args = types_2.MarketOrderArgsV2(token, amount, side, order_type=kind)
        answer: Json = self.client.create_and_post_market_order(args, order_type=kind)
        return answer

    def cancel(self, order_id: str) -> Json:
        """Cancel one order."""
        answer: Json = self.client.cancel_order(types_2.OrderPayload(order_id))
        return answer

    def cancel_market(self, market: str = "", asset_id: str = "") -> Json:
        """Cancel the orders of a market or a token."""
        params = types_2.OrderMarketCancelParams(market=market, asset_id=asset_id)
        answer: Json = self.client.cancel_market_orders(params)
        return answer

    def orders(self, **which: str) -> list[Json]:
        """Return open orders."""
        found: list[Json] = self.client.get_open_orders(types_2.OpenOrderParams(**which))
        return found

    def trades(self, **which: Any) -> list[Json]:
        """Return trades."""
        found: list[Json] = self.client.get_trades(types_2.TradeParams(**which))
        return found

    def balance(self, token: str = "") -> Json:
        """Return collateral, or tokens, in atomic units."""
        kind = "CONDITIONAL" if token else "COLLATERAL"
        params = types_2.BalanceAllowanceParams(asset_type=kind, token_id=token or None)
        answer: Json = self.client.get_balance_allowance(params)
        return answer

    def scoring(self, order_ids: list[str]) -> Json:
        """Return which orders earn rewards."""
        answer: Json = self.client.are_orders_scoring(types_2.OrdersScoringParams(order_ids))
        return answer


class WalletTrader1(Trader1):
    """A key that signs for a wallet with a client of the first generation, logged in."""

    def __init__(self, place: Place, key: str, wallet: str, kind: int) -> None:
        self.key, self.address = key, wallet
        self.client = Client1(place.host, CHAIN_ID, key, signature_type=kind, funder=wallet)
        self.creds = self.client.create_or_derive_api_creds()
        self.client.set_api_creds(self.creds)


class WalletTrader(Trader2):
    """A key that signs for a wallet, by default one that is a contract (ERC-1271), logged in."""

    def __init__(self, place: Place, key: str, wallet: str, kind: int = 3) -> None:
        self.key, self.address = key, wallet
        self.client = Client2(place.host, CHAIN_ID, key=key, signature_type=kind, funder=wallet)
        self.creds = self.client.create_or_derive_api_key()
        self.client.set_api_creds(self.creds)


Trader = Trader1 | Trader2


def auth(one: Trader) -> Json:
    """Return the credentials that the first frame of the user channel has."""
    return {
        "apiKey": one.creds.api_key,
        "secret": one.creds.api_secret,
        "passphrase": one.creds.api_passphrase,
    }
