"""Settings of the CLOB surface."""

from msgspec import Struct

from outcry.services.api.clob.profiles import Profile, sandbox


class ClobConfig(Struct, frozen=True, kw_only=True):
    """What the operator chose; units are the last word of a name."""

    profile: Profile = sandbox()
    #: Whether contracts settle from the escrow of the maker, the address that made the key or a
    #: wallet that stands by its signature; they know no tolerance of amounts.
    escrow: bool = False
    #: What `/version` tells clients to sign.
    order_version: int = 2
    #: Whether an address that nobody has becomes a user by signing in.
    register: bool = True
    #: How far the time of a signed request may be from ours.
    skew_seconds_max: int = 60
    #: How far ahead a GTD order must end at least.
    expiration_margin_seconds: int = 60
