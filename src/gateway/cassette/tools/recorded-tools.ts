import { isDeepStrictEqual } from 'node:util'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { RecordedTools, ToolCall } from '../../../ports/recorded-tools.ts'
import type { RecordedToolCall } from '../../../ports/tool-record.ts'

const shownCalls = 5
const shownInput = 200

/** The tools of a recording, for a replay in which none works. */
export function recordedTools(facts: Pick<RecordedTools, 'record' | 'servers' | 'speed'>): RecordedTools {
  const { record } = facts
  const met = new Set<string>()
  return {
    ...facts,
    check: (call) => {
      const recorded = record.findToolCall(call.toolUseId)
      if (recorded === undefined) throw unknownCall(call, { of: record.toolCalls(), met })
      if (recorded.name !== call.name || !isDeepStrictEqual(plain(recorded.input), plain(call.input)))
        throw otherCall(call, recorded)
      met.add(call.toolUseId)
    },
  }
}

/** As it comes back from a file: without fields that are undefined. */
const plain = (input: unknown): unknown => JSON.parse(JSON.stringify(input ?? null))

function unknownCall(call: ToolCall, { of, met }: { of: readonly RecordedToolCall[]; met: ReadonlySet<string> }) {
  const open = of.filter(({ toolUseId }) => !met.has(toolUseId))
  const next = open.slice(0, shownCalls).map((recorded) => `  ${describe(recorded)}`)
  const rest = open.length > shownCalls ? [`  and ${open.length - shownCalls} more`] : []
  const known = open.length === 0 ? ['Every recorded call was made already.'] : ['Recorded and not made yet:', ...next]
  return new PerdureError(
    'replay_diverged',
    [`The recording holds no result of the tool call ${describe(call)}.`, ...known, ...rest].join('\n'),
    { details: { call: shown(call), recorded: open.slice(0, shownCalls).map(shown) } },
  )
}

const otherCall = (call: ToolCall, recorded: RecordedToolCall): PerdureError =>
  new PerdureError(
    'replay_diverged',
    [
      `The tool call ${call.toolUseId} is another one than was recorded.`,
      `- recorded: ${describe(recorded)}`,
      `+ replayed: ${describe(call)}`,
    ].join('\n'),
    { details: { call: shown(call), recorded: [shown(recorded)] } },
  )

function describe({ name, input, toolUseId }: ToolCall): string {
  const text = JSON.stringify(input) ?? ''
  return `${name} ${text.length > shownInput ? `${text.slice(0, shownInput)}…` : text} (${toolUseId})`
}

const shown = ({ toolUseId, name, input }: ToolCall): ToolCall => ({ toolUseId, name, input })
