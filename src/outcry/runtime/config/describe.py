"""The settings as data: where each stands, what it may be, what it means.

The loader checks against it, docs/reference/configuration.md is written from it, and `redacted` is
the form in which a configuration may be shown.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta
from msgspec.structs import FieldInfo, fields

from outcry.runtime.config.schema import Config
from outcry.runtime.config.section import Section


PREFIX = "OUTCRY_"
_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@")


class Setting(NamedTuple):
    """One thing an operator may choose."""

    place: tuple[str, ...]
    type: Any
    default: object
    description: str

    @property
    def name(self) -> str:
        """Return the name with its section, as in ``http.port``."""
        return ".".join(self.place)

    @property
    def variable(self) -> str:
        """Return the environment variable that sets it, as in ``OUTCRY_HTTP_PORT``."""
        return PREFIX + "_".join(self.place).upper()

    @property
    def allowed(self) -> str:
        """Say what it may be: ``a whole number from 0 to 65535``."""
        plain, *metas = get_args(self.type) if get_origin(self.type) is Annotated else (self.type,)
        if get_origin(plain) is Literal:
            return " or ".join(get_args(plain))
        if plain is bool:
            return "true or false"
        if plain is str:
            return "text" if any(meta.min_length for meta in metas) else "text, or empty"
        low, high = (next((m for m in bound if m is not None), None) for bound in _bounds(metas))
        return f"a whole number from {low} to {high}" if high else f"a whole number from {low} up"


def _bounds(metas: list[Meta]) -> tuple[list[float | None], list[float | None]]:
    return [meta.ge for meta in metas], [meta.le for meta in metas]


@cache
def settings() -> tuple[Setting, ...]:
    """Return every setting, in the order of the schema."""
    return tuple(_settings(Config, ()))


def _settings(owner: type[Section], place: tuple[str, ...]) -> Iterator[Setting]:
    hints = get_type_hints(owner, include_extras=True)
    for field in fields(owner):
        wanted = hints[field.name]
        if isinstance(wanted, type) and issubclass(wanted, Section):
            yield from _settings(wanted, (*place, field.name))
        else:
            yield Setting((*place, field.name), wanted, _default(field), _description(wanted))


def _default(field: FieldInfo) -> object:
    assert field.default is not NODEFAULT, f"{field.name} has no default"
    return field.default


def _description(wanted: Any) -> str:  # noqa: ANN401 - a type form is a value of any type
    metas: tuple[Meta, ...] = get_args(wanted)[1:]
    return next(meta.description for meta in reversed(metas) if meta.description)


def redacted(config: Config) -> dict[str, object]:
    """Return every setting by name, fit to be shown: addresses come without their passwords."""
    shown: dict[str, object] = {}
    for setting in settings():
        value: object = config
        for name in setting.place:
            value = getattr(value, name)
        shown[setting.name] = hide_passwords(value) if isinstance(value, str) else value
    return shown


def hide_passwords(text: str) -> str:
    """Return *text* with the password of every URL in it replaced by stars."""
    return _PASSWORD.sub(r"\1:***@", text)


_INTRODUCTION = (
    "One TOML file (`outcry --config FILE`, or `OUTCRY_CONFIG`), then the environment, which wins.",
    "An unknown name or a value out of bounds is refused at start. This page is written from",
    "`outcry/runtime/config/schema.py` by `tools/write_reference.py`.",
)
_TABLE_HEAD = ("| setting | variable | default | may be | meaning |", "|---|---|---|---|---|")


def reference() -> str:
    """Return docs/reference/configuration.md."""
    lines = ["# Configuration", "", *_INTRODUCTION]
    section: str | None = None
    for setting in settings():
        *sections, name = setting.place
        if section != ".".join(sections):
            section = ".".join(sections)
            lines += ["", f"## [{section}]" if section else "## At the top", "", *_TABLE_HEAD]
        default = str(setting.default)
        if isinstance(setting.default, bool):
            default = default.lower()
        lines.append(
            f"| `{name}` | `{setting.variable}` | {f'`{default}`' if default else 'empty'} "
            f"| {setting.allowed} | {setting.description} |"
        )
    return "\n".join(lines) + "\n"
