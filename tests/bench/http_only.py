"""`python -m tests.bench.http_only URL MESSAGES THREADS`: the sender's client without a database.

The limit of the messages route: the same client, request and threads, with nothing to look up and
nothing to write down.
"""

import queue
import sys
import threading
from uuid import uuid4

from spoki import SpokiClient, TemplateSend


def main(url: str, messages: int, threads: int) -> None:
    waiting: queue.SimpleQueue[TemplateSend] = queue.SimpleQueue()
    for number in range(messages):
        waiting.put(
            TemplateSend(
                phone=f"+39340{number:07d}",
                template_id=1008,
                language="it",
                variables={"FIRST_NAME": "Giulia"},
                metadata={"msg": uuid4().hex},
            )
        )
    hands = [threading.Thread(target=_post_all, args=(url, waiting)) for _ in range(threads)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()


def _post_all(url: str, waiting: "queue.SimpleQueue[TemplateSend]") -> None:
    client = SpokiClient(base_url=url, api_key="test-key")
    try:
        while True:
            client.send_template(waiting.get_nowait())
    except queue.Empty:
        client.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
