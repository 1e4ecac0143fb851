import type { AgentDriver, AgentProcess } from '../../../ports/agent-driver.ts'
import type { AgentReport } from '../../../ports/agent-report.ts'
import type { ToolCallRecorder } from '../../../ports/tool-record.ts'

/** The same driver, whose agents’ tool calls are recorded with what comes of them. */
export const recordToolCalls = <Options>(
  driver: AgentDriver<Options>,
  recorder: ToolCallRecorder,
): AgentDriver<Options> => ({
  ...driver,
  start: (request) => recorded(driver.start(request), recorder),
})

/** Only `reports` is another one: the process may be a class, whose methods need itself. */
function recorded(process: AgentProcess, recorder: ToolCallRecorder): AgentProcess {
  return {
    reports: tap(process.reports, recorder),
    ready: process.ready,
    ended: process.ended,
    send: (input) => process.send(input),
    endInput: () => process.endInput(),
    interrupt: () => process.interrupt(),
    stop: () => process.stop(),
  }
}

interface OpenCall {
  readonly name: string
  readonly input: unknown
  readonly startedMs: number
  startedThread: boolean
}

/** Hands every report on at once, and after the last one waits until all calls are recorded. */
async function* tap(reports: AsyncIterable<AgentReport>, recorder: ToolCallRecorder): AsyncGenerator<AgentReport> {
  const open = new Map<string, OpenCall>()
  const writing: Promise<AgentReport | undefined>[] = []
  try {
    for await (const report of reports) {
      if (report.type === 'content_block' && report.block.type === 'tool_use') {
        const { id, name, input } = report.block
        open.set(id, { name, input, startedMs: performance.now(), startedThread: false })
      }
      if (report.type === 'thread_started' && report.toolUseId !== null) noteThread(open.get(report.toolUseId))
      if (report.type === 'tool_result') writing.push(record(report, { call: open.get(report.toolUseId), recorder }))
      yield report
    }
  } finally {
    for (const failure of await Promise.all(writing)) if (failure !== undefined) yield failure
  }
}

function noteThread(call: OpenCall | undefined): void {
  if (call !== undefined) call.startedThread = true
}

type ToolResult = Extract<AgentReport, { type: 'tool_result' }>

/** A recording that fails does not fail the run: the run says so. */
async function record(
  result: ToolResult,
  { call, recorder }: { call: OpenCall | undefined; recorder: ToolCallRecorder },
): Promise<AgentReport | undefined> {
  if (call === undefined) return undefined
  try {
    await recorder.recordToolCall({
      agentId: result.thread,
      toolUseId: result.toolUseId,
      name: call.name,
      input: call.input,
      content: result.content,
      isError: result.isError,
      ...(result.output === undefined ? {} : { structured: result.output }),
      ...(call.startedThread ? { startedThread: true } : {}),
      durationMs: Math.round(performance.now() - call.startedMs),
    })
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const payload = { toolUseId: result.toolUseId, message }
    return { type: 'notice', thread: result.thread, name: 'tool_call_not_recorded', payload }
  }
}
