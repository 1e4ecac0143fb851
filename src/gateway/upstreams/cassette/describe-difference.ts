import { asRecord, listOf } from '../../wire/message-request.ts'
import { lineDifference } from './line-difference.ts'

export interface Difference {
  /** As one would write it in a program: `messages[2].content[0].text`. */
  readonly path: string
  readonly recorded: unknown
  readonly now: unknown
}

/** Where two requests differ, in the order of the recording. */
export function differencesOf(recorded: unknown, now: unknown, path = ''): readonly Difference[] {
  if (Object.is(recorded, now)) return []
  if (Array.isArray(recorded) && Array.isArray(now)) {
    const length = Math.max(recorded.length, now.length)
    return Array.from({ length }, (_, index) => differencesOf(recorded[index], now[index], `${path}[${index}]`)).flat()
  }
  if (!isObject(recorded) || !isObject(now)) return [{ path, recorded, now }]
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(now)])]
  return names.flatMap((name) => differencesOf(recorded[name], now[name], path === '' ? name : `${path}.${name}`))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const mostShown = 3

/** The differences of two requests for a person: path, what a result came from, and the lines that differ. */
export function describeDifferences(recorded: unknown, now: unknown): string {
  const differences = differencesOf(recorded, now)
  const shown = differences.slice(0, mostShown).map((difference) => describeOne(difference, now))
  const others = differences.slice(mostShown).map(({ path }) => path)
  if (others.length === 0) return shown.join('\n')
  const named = others.slice(0, 5).join(', ')
  return [...shown, `  … and in ${others.length} more places: ${named}${others.length > 5 ? ' …' : ''}`].join('\n')
}

function describeOne({ path, recorded, now }: Difference, request: unknown): string {
  const origin = originOf(path, request)
  const lines = lineDifference(textOf(recorded), textOf(now)).map((line) => `    ${line}`)
  return [`  ${path || 'request'}${origin === undefined ? '' : ` (${origin})`}`, ...lines].join('\n')
}

const textOf = (value: unknown): string => {
  if (value === undefined) return '(nothing)'
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
}

/** For what a tool answered: its call. */
function originOf(path: string, request: unknown): string | undefined {
  const [, message, block] = /^messages\[(\d+)\]\.content\[(\d+)\]/.exec(path) ?? []
  if (message === undefined) return undefined
  const messages = listOf(asRecord(request)['messages'])
  const content = (at: number): readonly unknown[] => listOf(asRecord(messages[at])['content'])
  const { type, tool_use_id: id } = asRecord(content(Number(message))[Number(block)])
  if (type !== 'tool_result') return undefined
  const calls = messages.flatMap((_, index) => content(index)).map(asRecord)
  const call = calls.find((other) => other['type'] === 'tool_use' && other['id'] === id)
  if (call === undefined) return undefined
  const input = JSON.stringify(call['input']) ?? ''
  return `result of ${String(call['name'])} ${input.length > 120 ? `${input.slice(0, 120)}…` : input}`
}
