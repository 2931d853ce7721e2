"""Identity: derived keys, who may do what, and for how long something old still counts."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.projection import KeyRow, UserRow
from outcry.runtime.api_keys import ROLES, KeyRing
from outcry.runtime.bounded import Bounded
from outcry.runtime.identity import KEY_STALE_SECONDS, Identity, Principal
from outcry.runtime.tokens import Claims, KeyMaterialError, TokenSigner, TokenVerifier


NOW = 1_800_000_000
MASTER_KEY = bytes(range(32))
ALICE = UserRow(1, 1000, "alice", "", "", 0)


class Tables:
    """Users and keys as the tables hold them, and how often they were asked."""

    def __init__(self) -> None:
        self.users = {ALICE.user_id: ALICE}
        self.keys = {7: KeyRow(7, 1, 1, "read trade", "bot", 0, 0)}
        self.asked = 0

    async def key(self, key_id: int) -> KeyRow | None:
        """Return the API key."""
        self.asked += 1
        return self.keys.get(key_id)

    async def user(self, user_id: int) -> UserRow | None:
        """Return the user."""
        return self.users.get(user_id)

    async def user_by_external_id(self, external_id: str) -> UserRow | None:
        """Return the user with this subject."""
        self.asked += 1
        return next((row for row in self.users.values() if row.external_id == external_id), None)


class Door:
    """An identity with everything it works on."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.signer = TokenSigner(key, name="outcry", audience="outcry")
        self.ring = KeyRing(MASTER_KEY)
        self.tables = Tables()
        self.seconds = 0.0
        self.identity = Identity(
            TokenVerifier([self.signer.issuer], clock=lambda: NOW),
            self.ring,
            self.tables,
            clock=lambda: self.seconds,
        )

    def token(self, subject: str, *scopes: str) -> str:
        """Return a token that the exchange itself signed."""
        return self.signer.sign(subject, scopes=scopes, now=NOW, lifetime=60)


@pytest.fixture
def door() -> Door:
    """Give an identity that knows one user and one key."""
    return Door()


async def test_a_token_names_a_registered_user(door: Door) -> None:
    """A good token of a registered user gives the user with account, scopes and expiry."""
    assert await door.identity.authenticate(token=door.token("alice")) == Principal(
        1, 1000, "alice", frozenset({"read", "trade"}), 0, NOW + 60
    )


async def test_a_stranger_with_a_good_token_is_told_to_register(door: Door) -> None:
    """A good token of nobody known is a reject that names the subject, not a failure."""
    refused = await door.identity.authenticate(token=door.token("bob"))

    assert refused == Rejected(Reject.USER_UNKNOWN, "bob")


async def test_a_user_counts_as_soon_as_they_are_registered(door: Door) -> None:
    """Whom a door has just registered is known before the tables say so."""
    door.identity.remember("bob", 2, 1001)

    principal = await door.identity.authenticate(token=door.token("bob"))

    assert isinstance(principal, Principal)
    assert (principal.user_id, principal.account) == (2, 1001)


async def test_users_are_asked_for_once(door: Door) -> None:
    """The account behind a subject is remembered: it never changes."""
    for _ in range(3):
        await door.identity.authenticate(token=door.token("alice"))

    assert door.tables.asked == 1


async def test_a_key_stands_for_its_user_with_its_own_scopes(door: Door) -> None:
    """An API key gives its user and exactly the scopes that were granted to it."""
    assert await door.identity.authenticate(api_key=door.ring.api_key(7, 1)) == Principal(
        1, 1000, "alice", frozenset({"read", "trade"}), 7
    )


async def test_a_token_wins_over_a_key(door: Door) -> None:
    """With both, the token alone counts: a bad one is refused however good the key is."""
    key = door.ring.api_key(7, 1)

    with_good_token = await door.identity.authenticate(token=door.token("alice"), api_key=key)
    with_bad_token = await door.identity.authenticate(token="nonsense", api_key=key)

    assert isinstance(with_good_token, Principal)
    assert with_good_token.key_id == 0
    assert isinstance(with_bad_token, Rejected)


async def test_nothing_shown_is_its_own_reject(door: Door) -> None:
    """Without credentials the reject says which to send."""
    assert await door.identity.authenticate() == Rejected(Reject.CREDENTIALS_MISSING)
    assert door.identity.claims("") == Rejected(Reject.CREDENTIALS_MISSING)
    assert isinstance(door.identity.claims(door.token("bob")), Claims)


async def test_a_revoked_key_is_refused_within_a_second(door: Door) -> None:
    """A key goes on for at most `KEY_STALE_SECONDS` after it was revoked."""
    key = door.ring.api_key(7, 1)
    await door.identity.authenticate(api_key=key)
    door.tables.keys[7] = door.tables.keys[7]._replace(revoked_at_us=1)
    assert isinstance(await door.identity.authenticate(api_key=key), Principal)

    door.seconds = KEY_STALE_SECONDS

    assert await door.identity.authenticate(api_key=key) == Rejected(Reject.KEY_INVALID)


async def test_an_older_generation_ends_when_the_key_is_rotated(door: Door) -> None:
    """Only the generation in the tables is accepted, and generations have different secrets."""
    old, new = door.ring.api_key(7, 1), door.ring.api_key(7, 2)
    assert old.rpartition("_")[2] != new.rpartition("_")[2]
    assert isinstance(await door.identity.authenticate(api_key=new), Rejected)

    door.tables.keys[7] = door.tables.keys[7]._replace(generation=2)

    assert isinstance(await door.identity.authenticate(api_key=new), Principal)
    assert isinstance(await door.identity.authenticate(api_key=old), Rejected)


async def test_forged_keys_never_reach_the_tables(door: Door) -> None:
    """A key whose secret is wrong is refused without asking the tables."""
    good = door.ring.api_key(7, 1)
    forged = [
        "",
        "ok_7_1_",
        good[:-1],
        good + "a",
        good.upper(),
        good.replace("ok_7_", "ok_8_"),
        good.replace("ok_7_", "ok_07_"),
        good.replace("ok_7_1", "ok_7_2"),
        KeyRing(bytes(32)).api_key(7, 1),
        good[:-1] + "é",
    ]

    for text in forged[1:]:
        assert await door.identity.authenticate(api_key=text) == Rejected(Reject.KEY_INVALID)

    assert door.tables.asked == 0


async def test_a_key_that_was_never_created_is_refused(door: Door) -> None:
    """A derivable secret alone is no key: the tables must know it and its user."""
    assert await door.identity.authenticate(api_key=door.ring.api_key(8, 1)) == Rejected(
        Reject.KEY_INVALID
    )
    del door.tables.users[1]
    assert await door.identity.authenticate(api_key=door.ring.api_key(7, 1)) == Rejected(
        Reject.KEY_INVALID
    )


def test_secrets_do_not_change_from_release_to_release() -> None:
    """The derivation is pinned: another one would invalidate every key that was given out."""
    ring = KeyRing(MASTER_KEY)

    assert ring.api_key(7, 1) == "ok_7_1_h5ellr526vfiq5bdplqcyglggixi4m55"
    assert ring.service_token("door") == "os_door_3pjhpgw6k7uq47osytbc4hks6onnzc3w"


def test_service_tokens_prove_one_role() -> None:
    """The token of a role proves that role and no other; anything else proves nothing."""
    ring = KeyRing(MASTER_KEY)

    for role in ROLES:
        assert ring.role(ring.service_token(role)) == role
        assert KeyRing(bytes(32)).role(ring.service_token(role)) is None
    assert ring.role("") is None
    assert ring.role("os_door_é") is None


def test_a_short_master_key_is_refused() -> None:
    """A master key that could be guessed fails at start with a sentence."""
    with pytest.raises(KeyMaterialError):
        KeyRing(b"short")


def test_a_bounded_cache_drops_what_was_not_used_for_longest() -> None:
    """A cache never holds more than its bound, and reading counts as use."""
    cache: Bounded[str, int] = Bounded(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)

    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (1, None, 3, 2)
    cache.discard("a")
    cache.discard("a")
    assert len(cache) == 1
