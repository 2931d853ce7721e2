"""Rows that say what a ledger record says, field by field. Pure."""

from functools import cache

from msgspec import NODEFAULT, Struct, json
from msgspec.structs import asdict, fields

from outcry.messages import ledger_records as rec
from outcry.messages.entry import Recorded
from outcry.messages.people_records import AddressLinked
from outcry.ports.projection import EventRow, UserRow
from outcry.ports.rows import AccountRow, AuditRow, ProfileRow, SeasonRow


_encode = json.Encoder().encode
#: Columns of an audit row, not part of what it says.
_OWN_COLUMNS = ("at_us", "actor")


def user_row(record: rec.UserCreated) -> UserRow:
    """Return the row of a user who was just registered."""
    return UserRow(
        user_id=record.user_id,
        account=record.account,
        external_id=record.external_id,
        address=record.address,
        name=record.name,
        created_at_us=record.at_us,
        invited_by=record.invited_by,
    )


def linked_row(record: AddressLinked) -> UserRow:
    """Return what changes of a user: the address, and nothing else."""
    return UserRow(record.user_id, 0, "", record.address, "", 0)


def event_row(record: rec.CreateEvent) -> EventRow:
    """Return the row of an event that was just created."""
    return EventRow(
        event_id=record.event_id,
        identifier=record.identifier,
        slug=record.slug,
        title=record.title,
        description=record.description,
        image=record.image,
        topic=record.topic,
        rules=record.rules,
        start_at_us=record.start_at_us,
        end_at_us=record.end_at_us,
        created_at_us=record.at_us,
    )


def account_row(record: rec.UserCreated | rec.AccountOpened, label: str) -> AccountRow:
    """Return the row of an account that was just opened; the first one of a user has no label."""
    return AccountRow(record.account, record.user_id, label, record.at_us)


def audit_row(n: int, leg: int, item: Recorded) -> AuditRow:
    """Return what is kept of a record for whoever asks who did what.

    What has its default is left out. Records gain fields, with defaults, from version to version:
    an entry of an older one has the row that it had then.
    """
    record = item.record
    usual = defaults_of(type(record))
    said = {
        name: value
        for name, value in asdict(record).items()
        if name not in _OWN_COLUMNS and not (name in usual and usual[name] == value)
    }
    kind = str(record.__struct_config__.tag)
    body = _encode(said).decode()
    return AuditRow(n, leg, record.actor, kind, body, record.at_us, item.key_id)


@cache
def defaults_of(kind: type[Struct]) -> dict[str, object]:
    """Return what the fields of a record are unless it says otherwise."""
    return {field.name: field.default for field in fields(kind) if field.default is not NODEFAULT}


def profile_row(record: rec.ProfileSet) -> ProfileRow:
    """Return what a user now shows."""
    return ProfileRow(record.user_id, record.name, record.bio, record.image)


def season_row(record: rec.SeasonSet) -> SeasonRow:
    """Return the row of a season as it is now."""
    return SeasonRow(record.season_id, record.name, record.start_us, record.end_us)
