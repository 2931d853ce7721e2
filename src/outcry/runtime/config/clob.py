"""Settings of the CLOB surface: which chain and contracts orders are signed for."""

from typing import Annotated, Literal

from msgspec import Meta

from outcry.runtime.config.section import Section


_ADDRESS = r"^(0x[0-9a-fA-F]{40})?$"


class Clob(Section, frozen=True):
    """The surface that official Polymarket clients speak, at the root of the HTTP port."""

    enabled: Annotated[bool, Meta(description="Serve it.")] = True
    profile: Annotated[
        Literal["sandbox", "own"],
        Meta(
            description="What clients sign for. `sandbox`: the addresses that official clients "
            "have built in, so that they work unchanged; `own`: those named here, or in "
            "`chain/deployment.json` of the data folder."
        ),
    ] = "sandbox"
    chain_id: Annotated[
        int,
        Meta(
            ge=0,
            le=2**53,
            description="Chain that clients sign for; 0 is 80002 in the sandbox (137 is the only "
            "other one there) and that of the deployment with `own`.",
        ),
    ] = 0
    exchange_v1: Annotated[
        str,
        Meta(
            pattern=_ADDRESS,
            description="With `own`: the contract that orders of the first generation are for; "
            "empty takes the deployment's.",
        ),
    ] = ""
    exchange_v2: Annotated[
        str,
        Meta(pattern=_ADDRESS, description="With `own`: the same of the second generation."),
    ] = ""
    rpc_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://\S+)?$",
            description="Node of the chain that clients sign for: wallets that are contracts are "
            "asked there whether they accept a signature. Empty: that of their owner decides, or "
            "where contracts settle, the deployment's node is asked.",
        ),
    ] = ""
    order_version: Annotated[
        int,
        Meta(
            ge=1,
            le=2,
            description="Generation of orders that `/version` asks clients to sign; both are "
            "taken.",
        ),
    ] = 2
    register: Annotated[
        bool, Meta(description="Register whoever signs in with an address that nobody has.")
    ] = True
    skew_seconds_max: Annotated[
        int,
        Meta(ge=5, le=300, description="How far the time of a signed request may be from ours."),
    ] = 60
    expiration_margin_seconds: Annotated[
        int,
        Meta(ge=0, le=600, description="How far ahead a GTD order must end at least."),
    ] = 60
