"""What clients ask of Gamma's lists. Ones that only ask for decoration are let be; others refused.

A filter that was not applied would answer a question that nobody asked.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.forms import read_query


#: Items of one page, and how many there are when nobody says.
LIMIT_MAX: Final = 100
LIMIT: Final = 20
#: Names in one filter.
NAMES_COUNT_MAX: Final = 100
#: Parameters that change nothing here.
DECORATION: Final = frozenset(
    {
        "include_tag", "include_chat", "include_template", "include_best_lines", "locale",
        "related_tags", "decimalized", "cyom", "version", "include_children", "tag_match",
        "search_tags", "search_profiles", "cache", "optimized", "keep_closed_markets",
        "limit_per_type", "geo_block_token",
    }
)  # fmt: skip
#: Filters that take several values.
LISTS: Final = frozenset({"id", "slug", "condition_ids", "clob_token_ids", "question_ids"})

Names = Annotated[list[Annotated[str, Meta(max_length=256)]], Meta(max_length=NAMES_COUNT_MAX)]
Order = Literal["id", "volume", "volumeNum", "startDate", "endDate", "createdAt"]


class GammaQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, order and page of a list of events or markets."""

    id: Names = []
    slug: Names = []
    condition_ids: Names = []
    clob_token_ids: Names = []
    question_ids: Names = []
    closed: bool | None = None
    active: bool | None = None
    archived: bool | None = None
    tag_slug: Annotated[str, Meta(max_length=256)] = ""
    title_search: Annotated[str, Meta(max_length=256)] = ""
    order: Order = "id"
    ascending: bool = True
    limit: Annotated[int, Meta(ge=1)] = LIMIT
    offset: Annotated[int, Meta(ge=0, le=2**31)] = 0
    after_cursor: Annotated[str, Meta(max_length=64)] = ""


class SearchQuery(Struct, frozen=True, kw_only=True):
    """A part of titles of events."""

    q: Annotated[str, Meta(min_length=1, max_length=256)]
    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    limit_per_type: Annotated[int, Meta(ge=1)] = LIMIT
    events_status: Literal["active", "closed", "all", ""] = ""


def read_list(items: Iterable[tuple[str, str]]) -> GammaQuery | Rejected:
    """Return the parameters of a list; those in `LISTS` may be repeated or have commas."""
    query: dict[str, str | list[str]] = {}
    for name, value in items:
        if name in LISTS:
            values = query.setdefault(name, [])
            assert isinstance(values, list), "these names always begin with a list"
            values += value.split(",")
        elif name not in DECORATION:
            query[name] = value
    form = read_query(GammaQuery, query)  # type: ignore[arg-type]
    if isinstance(form, Rejected) and form.reject is Reject.FIELD_UNKNOWN:
        names = ", ".join(name for name in GammaQuery.__struct_fields__)
        return form._replace(expected=names)
    return form
