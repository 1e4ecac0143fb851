import { DEFAULT_ALLOWED_TOOLS, DEFAULT_MODEL } from './constants.ts'

/** A JSON text without lone surrogates is a literal of Python too. */
const literal = (value: unknown): string => JSON.stringify(value)

interface ProgramFacts {
  /** What it imports beside `asyncio` and `json`, and of the SDK beside what all do. */
  readonly modules: readonly string[]
  readonly names: readonly string[]
  readonly partialMessages: boolean
}

/** Imports, options, and what all programs do with a result. */
export function programHead(prompt: string, facts: ProgramFacts): string {
  return `import asyncio
import json
${facts.modules.map((name) => `import ${name}\n`).join('')}
from claude_agent_sdk import (
${[...facts.names, 'ClaudeAgentOptions', 'ResultMessage', 'query']
  .toSorted()
  .map((name) => `    ${name},`)
  .join('\n')}
)

PROMPT = ${literal(prompt.toWellFormed())}
TOOLS = ${literal(DEFAULT_ALLOWED_TOOLS)}
OPTIONS = ClaudeAgentOptions(
    model=${literal(DEFAULT_MODEL)},
    tools=TOOLS,
    allowed_tools=TOOLS,
    permission_mode="default",
    setting_sources=[],
    include_partial_messages=${facts.partialMessages ? 'True' : 'False'},
    # The SDK gives up at a line of 1 MiB otherwise.
    max_buffer_size=64 * 1024 * 1024,
    # A command left in the background would outlive the answer.
    env={"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1"},
)


def usage_of(message, *names):
    usage = message.usage or {}
    return {name: int(usage.get(name) or 0) for name in names}


def require_answer(message):
    if message is None or message.is_error:
        raise RuntimeError((message and message.result) or "The agent ended without an answer.")


`
}

/** Of programs that see the results of tools. */
export const textOfContent = `def text_of(content):
    if isinstance(content, list):
        return "\\n".join(block["text"] if block.get("type") == "text" else json.dumps(block) for block in content)
    return content or ""


`

export const plainMain = `async def main():
    answer = None
    async for message in query(prompt=PROMPT, options=OPTIONS):
        if isinstance(message, ResultMessage):
            answer = message
    require_answer(answer)
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    print(json.dumps({"result": answer.result, "usage": usage_of(answer, *names)}))


asyncio.run(main())
`

/** Results of tools come in the messages of the user. Text is told as it streams, its rest when its block is complete. */
export const streamingMain = `def emit(kind, data):
    print(json.dumps({"type": kind, "data": data}), flush=True)


def show_block(block, said):
    if isinstance(block, TextBlock) and block.text[said:]:
        emit("text", {"text": block.text[said:]})
    elif isinstance(block, ThinkingBlock):
        emit("thinking", {"thinking": block.thinking, "signature": block.signature})
    elif isinstance(block, ToolUseBlock):
        emit("tool_use", {"id": block.id, "name": block.name, "input": block.input})


def show_results(message):
    for block in message.content if isinstance(message.content, list) else []:
        if isinstance(block, ToolResultBlock):
            content = text_of(block.content)
            emit("tool_result", {"tool_use_id": block.tool_use_id, "content": content, "is_error": bool(block.is_error)})


async def stream():
    answer, said = None, 0
    async for message in query(prompt=PROMPT, options=OPTIONS):
        if isinstance(message, StreamEvent):
            event = message.event
            if event["type"] in ("message_start", "content_block_start"):
                said = 0
            elif event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
                said += len(event["delta"]["text"])
                emit("text", {"text": event["delta"]["text"]})
        elif isinstance(message, AssistantMessage):
            for block in message.content:
                show_block(block, said)
                said = 0
        elif isinstance(message, UserMessage):
            show_results(message)
        elif isinstance(message, ResultMessage):
            answer = message
    require_answer(answer)
    usage = usage_of(answer, "input_tokens", "output_tokens", "cache_read_input_tokens")
    facts = {"duration_ms": answer.duration_ms, "cost": answer.total_cost_usd or 0, "usage": usage}
    emit("result", {"result": answer.result, **facts})
    return answer.result


async def main():
    emit("start", {"prompt": PROMPT})
    try:
        emit("complete", {"status": "success", "result": await stream()})
    except Exception as error:
        emit("error", {"error": type(error).__name__, "message": str(error)})
        emit("complete", {"status": "error"})
        sys.exit(1)


asyncio.run(main())
`

export const sessionMain = (turnId: number): string => `def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


async def main():
    answer, tool_uses = None, []
    async for message in query(prompt=PROMPT, options=OPTIONS):
        content = getattr(message, "content", None)
        for block in content if isinstance(content, list) else []:
            if isinstance(block, ToolUseBlock):
                tool_uses.append({"name": block.name, "input": block.input})
                tell("tool_use", name=block.name, input=block.input)
            elif isinstance(block, ToolResultBlock):
                tell("tool_result", content=text_of(block.content))
        if isinstance(message, ResultMessage):
            answer = message
    require_answer(answer)
    tell("complete", data={"result": answer.result, "tool_uses": tool_uses, "turn_id": ${turnId}})


asyncio.run(main())
`
