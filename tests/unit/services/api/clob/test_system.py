"""The CLOB surface at the root of the HTTP port: it is there, and says no in its own way."""

from tests.support.http_door import http_door

from outcry.services.api.config import ApiConfig


async def test_the_surface_answers() -> None:
    """Clients ask whether it is up, what time it is and what to sign; 200 each time."""
    async with http_door() as door:
        assert (await door.client.get("/")).text == "OK"
        assert (await door.client.get("/ok")).text == "OK"
        assert isinstance((await door.client.get("/time")).json(), int)
        assert (await door.client.get("/version")).json() == {"version": 2}


async def test_what_is_not_there_is_said_in_its_own_words() -> None:
    """Outside `/api` a refusal is an object with one text, under `/api` it is the envelope."""
    async with http_door() as door:
        answer = await door.client.get("/no-such-thing")
        assert answer.status_code == 404
        assert answer.json()["error"].startswith("There is nothing at this address")
        assert "data" in (await door.client.get("/api/nothing")).json()
        assert (await door.client.post("/time")).status_code == 405


async def test_the_surface_can_be_left_out() -> None:
    """An operator who does not want it has none of its routes, and one kind of refusal."""
    async with http_door(ApiConfig(clob=None)) as door:
        answer = await door.client.get("/ok")
        assert (answer.status_code, answer.json()["data"]["name"]) == (404, "ROUTE_UNKNOWN")
