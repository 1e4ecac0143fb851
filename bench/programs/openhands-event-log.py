"""The event log of OpenHands' SDK, measured in its own process: one command a line in, one answer in milliseconds a line out.

Commands: `append <folder> <text>`, `fill <folder> <count> <text>`, `replay <folder>`, `recover <folder>`.
"""

import logging
import sys
import time

from openhands.sdk.conversation.event_store import EventLog
from openhands.sdk.conversation.state import ConversationState
from openhands.sdk.event import MessageEvent
from openhands.sdk.io import LocalFileStore
from openhands.sdk.llm import Message, TextContent

logging.disable(logging.CRITICAL)
logs: dict[str, EventLog] = {}


def open_log(folder: str) -> EventLog:
    return EventLog(LocalFileStore(folder))


def message(text: str) -> MessageEvent:
    return MessageEvent(source="agent", llm_message=Message(role="assistant", content=[TextContent(text=text)]))


def append(folder: str, text: str) -> float:
    if folder not in logs:
        logs[folder] = open_log(folder)
    event = message(text)
    started = time.perf_counter()
    logs[folder].append(event)
    return time.perf_counter() - started


def fill(folder: str, count: str, text: str) -> float:
    log = open_log(folder)
    for _ in range(int(count)):
        log.append(message(text))
    return 0.0


def replay(folder: str) -> float:
    started = time.perf_counter()
    for _ in open_log(folder):
        pass
    return time.perf_counter() - started


def recover(folder: str) -> float:
    started = time.perf_counter()
    ConversationState.get_unmatched_actions(list(open_log(folder)))
    return time.perf_counter() - started


commands = {"append": append, "fill": fill, "replay": replay, "recover": recover}

for line in sys.stdin:
    name, *arguments = line.rstrip("\n").split("\t")
    print(commands[name](*arguments) * 1000, flush=True)
