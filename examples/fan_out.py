"""Ask five agents the same thing at once, and print each answer as it comes.

source .venv/bin/activate                            # in a checkout of Headway, after `make install`
for port in 9001 9002 9003 9004 9005; do headway agent --port $port & done      # or agents of your own
export A2A_ALLOW=127.0.0.1                           # agents on this machine are dialled only when you say so
python fan_out.py "What is new?" http://127.0.0.1:900{1,2,3,4,5}
"""

import asyncio
import sys

from headway.tools import a2a_send


async def ask(agent_url: str, question: str) -> str:
    answer = await a2a_send(agent_url, question)
    said = answer["text"] if answer["success"] else answer["error"]
    return f"{agent_url}: {said.strip()}"


async def main(question: str, *agent_urls: str) -> None:
    for answer in asyncio.as_completed([ask(url, question) for url in agent_urls]):
        print(await answer)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
