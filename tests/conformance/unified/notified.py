"""What the unified client of Python understands of its notifications."""

import asyncio
import json

from place import environment, told
from polymarket import AsyncSecureClient


async def main() -> None:
    """Print their kinds, once a resolution is among them."""
    said = told()
    taker = await AsyncSecureClient.create(
        private_key=said["keys"][1], wallet=said["addresses"][1], environment=environment(said)
    )
    async with asyncio.timeout(60):
        while True:
            kinds = [int(one.type) for one in await taker.get_notifications()]
            if 4 in kinds:
                break
            await asyncio.sleep(0.1)
    print(json.dumps(kinds))


asyncio.run(main())
