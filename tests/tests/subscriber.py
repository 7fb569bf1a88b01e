"""Follows a ledger with a plain NATS client and prints what it gets, one line of JSON each.

Usage: subscriber.py NATS_URL COUNT
"""

import asyncio
import json
import sys

import nats


async def follow(url: str, count: int) -> None:
    client = await nats.connect(url, connect_timeout=10)
    subscription = await client.jetstream().subscribe("ledger.>", stream="LOG", ordered_consumer=True)
    for _ in range(count):
        message = await subscription.next_msg(timeout=20)
        print(json.dumps({
            "subject": message.subject,
            "sequence": message.metadata.sequence.stream,
            "event": json.loads(message.data),
        }), flush=True)
    await client.close()


asyncio.run(follow(sys.argv[1], int(sys.argv[2])))
