"""Every example of docs/reference/http.md, read from the page, against `outcry up`."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from tests.support.exchange import CLIENT_SECONDS, Exchange, exchange
from tests.support.venue import START_US

from outcry.domain.units import MICROS_PER_SECOND


pytestmark = pytest.mark.timeout(600)  # an exchange starts
PAGE: Final = Path(__file__).parents[3] / "docs" / "reference" / "http.md"
EXAMPLE: Final = re.compile(
    r"```http\n(?P<request>.*?)\n```\n(?:\nAnswered with status (?P<status>\d+):\n\n)?"
    r"```json\n(?P<answer>.*?)\n```",
    re.DOTALL,
)
#: Fields that depend on when something was asked, or on the exchange's own secrets.
MOVING: Final = frozenset(
    (
        "n",
        "result_n",
        "update_id",
        "checkpoint_id",
        "trade_id",
        "created_at",
        "api_key",
        "invite_code",
    )
)
#: A read shows what was written once the tables have it; the ranking once it was made again.
READ_SECONDS_MAX: Final = 100.0
PAUSE_SECONDS: Final = 0.1


class Example(NamedTuple):
    """One request of the page, and what it says is answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


def examples() -> Iterator[Example]:
    """Yield every example in the order of the page."""
    for found in EXAMPLE.finditer(PAGE.read_text("utf-8")):
        head, _, body = found["request"].partition("\n\n")
        first, *lines = head.split("\n")
        method, path = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        yield Example(
            method,
            path,
            headers,
            json.loads(body) if body else None,
            int(found["status"] or 200),
            json.loads(found["answer"]),
        )


def steady(value: Any, name: str = "") -> Any:
    """Return *value* without what moves."""
    if isinstance(value, dict):
        return {key: steady(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [steady(one) for one in value]
    return "*" if name in MOVING else value


class Reader:
    """Somebody who tries the page on an exchange of their own."""

    def __init__(self, running: Exchange) -> None:
        self.running = running
        self.http = httpx.Client(
            base_url=f"http://{running.record().addresses['http']}",
            timeout=CLIENT_SECONDS,
            trust_env=False,
        )
        #: What the page shows, and what it is here: keys, invitations.
        self.names: dict[str, str] = {}

    def ask(self, example: Example) -> httpx.Response:
        """Send the request of *example* with credentials of one's own."""
        headers = {name: self.own(name, text) for name, text in example.headers.items()}
        path = example.path
        for shown, here in self.names.items():
            path = path.replace(shown, here)
        return self.http.request(example.method, path, headers=headers, json=example.body)

    def own(self, name: str, text: str) -> str:
        """Return the header *name* as it is here, where the page shows *text*."""
        token = re.fullmatch(r"Bearer <token of (\w+)>", text)
        if token:
            return f"Bearer {self.running.token(token[1], admin=token[1] == 'root')}"
        return self.names["api_key"] if name == "x-api-key" else text

    def learn(self, shown: Any, here: Any) -> None:
        """Remember what this exchange made up itself where the page shows another text."""
        if isinstance(shown, dict) and isinstance(here, dict):
            if "invite_code" in shown:
                self.names[shown["invite_code"]] = here.get("invite_code", "")
            if "api_key" in here:
                self.names["api_key"] = here["api_key"]

    def try_out(self, example: Example) -> str:
        """Return "" when the exchange answers as the page says, else what it answered."""
        deadline = time.monotonic() + READ_SECONDS_MAX
        while True:
            answer = self.ask(example)
            same = answer.status_code == example.status
            same = same and steady(answer.json()) == steady(example.answer)
            if same or example.method != "GET" or time.monotonic() > deadline:
                break
            time.sleep(PAUSE_SECONDS)
        self.learn(example.answer["data"], answer.json()["data"])
        return (
            "" if same else f"{example.method} {example.path}: {answer.status_code} {answer.text}"
        )


def test_every_example_is_answered_as_shown(tmp_path: Path) -> None:
    """Whoever types the page from top to bottom is given what it shows, numbers apart."""
    with exchange(
        tmp_path, OUTCRY_TRADING_CLOCK="manual", OUTCRY_LIMITS_RANKING_SECONDS="1"
    ) as made:
        made.start()
        reader = Reader(made)
        wrong = []
        for index, example in enumerate(examples()):
            if index == 1:
                root = {"authorization": f"Bearer {made.token('root', admin=True)}"}
                moved = reader.http.post(
                    "/api/admin/clock", json={"time": START_US // MICROS_PER_SECOND}, headers=root
                )
                assert moved.status_code == httpx.codes.OK, moved.text
            told = reader.try_out(example)
            if told:
                wrong.append(f"{told}\n  page: {example.status} {json.dumps(example.answer)}")
        reader.http.close()
        assert made.stop() == 0
    assert not wrong, "\n".join(wrong)
