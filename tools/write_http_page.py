"""Write docs/reference/http.md by living the day of `http_examples` on an exchange in this process.

What the page shows was really answered. A test lives the day again and compares; only numbers of
log entries and book updates may differ, because the clock's ticks fall between them.
"""

import asyncio
import json
import logging
import re
import sys
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
import structlog

from outcry.services.api.http.examples import FILE, Example


ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/http.md"
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.support.http_door import Door, http_door  # noqa: E402
from tools.http_calls import Call  # noqa: E402
from tools.http_examples import SECTIONS  # noqa: E402


HEAD = """\
# HTTP

Written by `tools/write_http_page.py`: every answer on this page was given by an exchange.

Every answer under `/api` is `{"code": 0, "msg": "success", "data": ...}`; a declined request has
another `code`, a sentence, and the number of the rule in `data` ([rejects](rejects.md)).

* **Amounts are text**, always: prices with four decimals, shares with two, money with six. Text
  with more decimals is refused, not rounded; so is a JSON number where an amount belongs. Ids and
  times (seconds) are integers. An empty text is a price that does not exist yet.
* **Who asks**: `Authorization: Bearer <jwt>` (ES256) or `x-api-key`; the token counts when both are
  sent. Scopes are `read`, `trade`, `admin`. A token has read and trade; admin is granted by an API
  key or by a token that the exchange itself signed (`outcry token`). `user_data` needs a token.
* **Durable**: an answer to a POST is given when it is committed. `n` is the number of the log entry
  that says so. Reads come from tables that follow the log; `after=<n>` waits until they include it,
  or is refused as unavailable.
* **Unknown fields and parameters are refused**, so that a misspelt one is not ignored.
* Every answer has an `x-request-id`: yours, if you sent a decent one.
* **Limits**: an address without credentials, a user and an API key each have a rate. Answers say
  what is left of the one that counts: `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset`
  (seconds); beyond it comes 429 with `Retry-After`, as with 503. Orders of a batch count each.
  An address that shows wrong credentials again and again is not listened to for a minute.
* **Caches and pages**: public reads have an `ETag` and say how long they stay fresh; answers for
  one user are never stored. HEAD does where GET does. Long answers are compressed for who accepts
  gzip. Web pages of the origins in `http.origins` may ask.

`/docs` describes every field of every route, `/docs/openapi.json` as data. `/healthz` says whether
the process answers, `/readyz` whether it can serve (503 with the reasons if not), `/metrics` is for
Prometheus.
"""

#: Numbers that depend on when the clock ticked.
#: A request of the page, the status if it is not 200, and the answer.
EXAMPLE = re.compile(
    r"```http\n(.*?)\n```\n(?:\nAnswered with status (\d+):\n\n)?```json\n(.*?)\n```", re.DOTALL
)
MOVING = re.compile(r'("(?:n|result_n|update_id|checkpoint_id|trade_id)": )\d+')


async def render() -> str:
    """Live the day and return the page."""
    known = {"yes": "", "no": "", "key": "", "invite": ""}
    parts = [HEAD]
    async with http_door() as door:
        for section in SECTIONS:
            parts.append(f"\n## {section.title}\n\n{_wrapped(section.text)}\n")
            parts += [await _example(door, call, known) for call in section.calls]
    return "".join(parts)


async def _example(door: Door, call: Call, known: dict[str, str]) -> str:
    body = json.loads(_filled(json.dumps(call.body), known)) if call.body is not None else None
    headers = dict(line.split(": ") for line in call.headers)
    if call.who == "key":
        headers["x-api-key"] = known["key"]
    elif call.who:
        headers |= door.as_admin() if call.who == "root" else door.as_user(call.who)
    path = _filled(call.path, known)
    answer = await door.client.request(call.method, path, headers=headers, json=body)
    assert answer.status_code == call.status, answer.text
    envelope = answer.json()
    _learn(envelope["data"], known)
    await door.scored()
    if call.path.startswith("/api/place_order"):
        await door.books_show(1)
    shown = [f"{call.method} {path}", *call.headers, *_credentials(call.who)]
    if body is not None:
        shown += ["", json.dumps(body, indent=2)]
    request = "\n".join(shown)
    status = "" if call.status == 200 else f"\nAnswered with status {call.status}:\n\n"
    return f"\n```http\n{request}\n```\n{status}```json\n{json.dumps(envelope, indent=2)}\n```\n"


def examples(page: str) -> list[Example]:
    """Return every request of *page* with its answer, for the schema."""
    found = []
    for shown, status, answer in EXAMPLE.findall(page):
        head, _, body = shown.partition("\n\n")
        method, _, address = head.split("\n")[0].partition(" ")
        path, _, query = address.partition("?")
        found.append(
            Example(
                method=method,
                path=path,
                answer=json.loads(answer),
                query=dict(parse_qsl(query)),
                body=json.loads(body) if body else None,
                status=int(status or 200),
            )
        )
    return found


def _credentials(who: str) -> list[str]:
    if who == "key":
        return ["x-api-key: <the key of bob's bot>"]
    return [f"Authorization: Bearer <token of {who}>"] if who else []


def _filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _learn(data: object, known: dict[str, str]) -> None:
    if not isinstance(data, dict):
        return
    if "api_key" in data:
        known["key"] = data["api_key"]
    if "invite_code" in data:
        known["invite"] = known["invite"] or data["invite_code"]
    if "event_identifier" in data:
        market = data["markets"][0]
        known["yes"], known["no"] = market["outcome_0_token_id"], market["outcome_1_token_id"]


def _wrapped(text: str, width: int = 100) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def steady(page: str) -> str:
    """Return *page* without the numbers that differ from run to run."""
    return MOVING.sub(r"\g<1>0", page)


def main() -> None:
    """Write the page, unless only moving numbers would change."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    page = asyncio.run(render())
    if not PAGE.exists() or steady(PAGE.read_text("utf-8")) != steady(page):
        PAGE.write_text(page, "utf-8")
    shown = examples(PAGE.read_text("utf-8"))
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
