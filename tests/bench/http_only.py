"""`python -m tests.bench.http_only URL MESSAGES MOST`: the sender's courier without a database.

The limit of the messages route: the same client, the same requests and as many in flight, with
nothing to look up and nothing to write down.
"""

import math
import sys
from uuid import uuid4

from spoki import SendReceipt, SpokiClient, SpokiError, TemplateSend


def main(url: str, messages: int, most: int) -> None:
    failed: list[SpokiError | None] = []
    client = SpokiClient(base_url=url, api_key="test-key")
    courier = client.courier(most=most)

    def told(became: SendReceipt | SpokiError | None) -> None:
        if not isinstance(became, SendReceipt):
            failed.append(became)

    for number in range(messages):
        courier.post(_send(number), until=math.inf, done=told)
    courier.start()
    courier.close()
    client.close()
    if failed:
        sys.exit(f"{len(failed)} of {messages} were not taken: {failed[0]}")


def _send(number: int) -> TemplateSend:
    return TemplateSend(
        phone=f"+39340{number:07d}",
        template_id=1008,
        language="it",
        variables={"FIRST_NAME": "Giulia"},
        metadata={"msg": uuid4().hex},
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
