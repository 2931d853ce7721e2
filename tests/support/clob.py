"""Somebody with a private key who signs as official clients do, and asks the HTTP door."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from py_clob_client_v2.clob_types import (
    ApiCreds,
    CreateOrderOptions,
    MarketOrderArgsV1,
    MarketOrderArgsV2,
    OrderArgsV1,
    OrderArgsV2,
    RequestArgs,
)
from py_clob_client_v2.headers.headers import create_level_1_headers, create_level_2_headers
from py_clob_client_v2.order_builder.builder import OrderBuilder
from py_clob_client_v2.order_utils import SignatureTypeV2
from py_clob_client_v2.order_utils.model.order_data_v1 import order_to_json_v1
from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2
from py_clob_client_v2.signer import Signer
from tests.support.ethereum import Account
from tests.support.http_door import Door


CHAIN_ID = 80_002


@dataclass
class Wallet:
    """A private key, and the credentials that it was given."""

    door: Door
    number: int
    chain_id: int = CHAIN_ID
    creds: ApiCreds | None = None
    signer: Signer = field(init=False)

    def __post_init__(self) -> None:
        """Make the key of this number."""
        self.signer = Signer("0x" + f"{self.number:064x}", self.chain_id)

    @property
    def address(self) -> str:
        """The address, with the capitals of its checksum."""
        return str(Account.from_key(self.signer.private_key).address)

    def login_headers(self, nonce: int = 0, timestamp: int | None = None) -> dict[str, str]:
        """Return the headers of a login."""
        return dict(create_level_1_headers(self.signer, nonce, timestamp))

    def headers(
        self, method: str, path: str, body: str | None = None, timestamp: int | None = None
    ) -> dict[str, str]:
        """Return the headers of a signed request."""
        assert self.creds is not None, "log in first"
        args = RequestArgs(method=method, request_path=path, body=body, serialized_body=body)
        return dict(create_level_2_headers(self.signer, self.creds, args, timestamp))

    async def log_in(self, nonce: int = 0) -> "Wallet":
        """Make a key, or have it given again."""
        answer = await self.door.client.post(
            "/auth/api-key", headers=self.login_headers(nonce)
        )  # fmt: skip
        if answer.status_code != 200:
            answer = await self.door.client.get(
                "/auth/derive-api-key", headers=self.login_headers(nonce)
            )
        made = answer.json()
        self.creds = ApiCreds(made["apiKey"], made["secret"], made["passphrase"])
        return self

    async def fund(self, amount: str = "100") -> "Wallet":
        """Log in and be given collateral."""
        await self.log_in()
        await self.door.settled()
        row = await self.door.queries.user_by_address(self.address)
        assert row is not None
        body = {"user_id": row.user_id, "amount": amount, "tx_hash": f"for {self.number}"}
        await self.door.post("/api/admin/deposits", body, self.door.as_admin())
        return self

    async def ask(
        self, method: str, path: str, body: object = None, **query: Any
    ) -> httpx.Response:
        """Ask *path*, signed."""
        text = None if body is None else json.dumps(body, separators=(",", ":"))
        headers = self.headers(method, path, text)
        return await self.door.client.request(
            method, path, headers=headers, content=text, params=query or None
        )

    async def told(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """Return the answer to a request that must succeed."""
        answer = await self.ask(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """Return the answer to a request that must be declined: its body has a text ``error``."""
        answer = await self.ask(method, path, body, **query)
        assert answer.status_code != 200, answer.text
        assert isinstance(answer.json()["error"], str)
        return answer.json()

    def signed(self, order_type: str = "GTC", *, version: int = 2, **args: Any) -> dict[str, Any]:
        """Return the body of an order: a limit order, or with ``amount`` a market order."""
        options = CreateOrderOptions(tick_size=args.pop("tick_size", "0.01"), neg_risk=False)
        fee = args.pop("fee_rate_bps", 0)
        conduct = {name: args.pop(name, False) for name in ("post_only", "defer_exec")}
        builder = OrderBuilder(
            self.signer, SignatureTypeV2(args.pop("kind", 0)), args.pop("funder", None)
        )
        if "amount" in args:
            form = MarketOrderArgsV1 if version == 1 else MarketOrderArgsV2
            made = builder.build_market_order(form(**args), options, version, fee)
        else:
            form = OrderArgsV1 if version == 1 else OrderArgsV2
            made = builder.build_order(form(**args), options, version, fee)
        assert self.creds is not None, "log in first"
        to_json = order_to_json_v1 if version == 1 else order_to_json_v2
        body: dict[str, Any] = to_json(made, self.creds.api_key, order_type, **conduct)
        return body

    async def place(self, order_type: str = "GTC", **args: Any) -> Any:
        """Return what became of an order that must be taken."""
        return await self.told("POST", "/order", self.signed(order_type, **args))
