"""The page about the feeds says what the feeds say."""

from tools import write_websocket_page


async def test_the_messages_are_what_an_exchange_sends() -> None:
    """docs/reference/websocket.md is what tools/write_websocket_page.py writes, numbers apart."""
    page = write_websocket_page.PAGE.read_text("utf-8")
    written = await write_websocket_page.render()
    assert write_websocket_page.steady(written) == write_websocket_page.steady(page)
