import { redactJson } from '../../../domain/redaction.ts'
import { asRecord, listOf } from '../../wire/message-request.ts'
import { workingDirectoryIn } from '../../wire/working-directory.ts'
import { canonicalJson, sha256Of } from '../canonical-json.ts'
import { withoutSecrets } from '../without-secrets.ts'
import { IdTable } from './id-table.ts'
import { PathTable, type Places } from './places.ts'
import { resultsInOrder } from './results-in-order.ts'
import { blockRules, normaliseRules, omitRules, type NormaliseRule } from './rules.ts'

/** A row of a user, beside those of the table. */
export interface UserRule {
  /** Has the flag `g`, or only the first place of each text is replaced. */
  readonly pattern: RegExp
  readonly replacement: string
  /** Where it applies. Default: everywhere. */
  readonly within?: 'all' | 'tool_result'
}

export interface NormaliseOptions {
  readonly places: Places
  readonly sessionId?: string | undefined
  readonly rules?: readonly UserRule[] | undefined
}

export interface NormalisedRequest {
  /** Without secrets and without what differs from run to run. */
  readonly value: unknown
  /** Equal requests have equal keys. */
  readonly key: string
  /** Where the agent works, as far as it says so. */
  readonly workingDirectory: string | undefined
  /** A text of this run as a cassette writes it. */
  readonly toCassette: (text: string) => string
  /** A text of a cassette with the paths and ids of this run. */
  readonly fromCassette: (text: string) => string
}

type Within = NormaliseRule['within']

/** Takes out of a request what differs between two runs of the same thing. */
export function normaliseRequest(body: unknown, options: NormaliseOptions): NormalisedRequest {
  const shaped = shapedRequest(body)
  const workingDirectory = namedDirectory(shaped) ?? options.places.workingDirectory
  const paths = new PathTable({ ...options.places, workingDirectory })
  const ids = new IdTable(options.sessionId)
  const placed = mapTexts(shaped, (text) => paths.toCassette(text))
  mapTexts(placed, (text, within) => (ids.read(text, within), text))
  const rules: readonly UserRule[] = [...normaliseRules, ...(options.rules ?? [])]
  const replaced = mapTexts(placed, (text, within) =>
    applyRules(ids.toCassette(text, { inAnswers: false }), { rules, within }),
  )
  const value = mapTexts(redactJson(replaced), withoutSecrets)
  return {
    value,
    key: sha256Of(canonicalJson(value)),
    workingDirectory,
    toCassette: (text) => ids.toCassette(paths.toCassette(text), { inAnswers: true }),
    fromCassette: (text) => paths.fromCassette(ids.fromCassette(text)),
  }
}

/** The key of a request of a cassette by the rows of today: rows may have come that were not there when it was recorded. */
export function renormalisedKey(value: unknown, userRules: readonly UserRule[] = []): string {
  const rules: readonly UserRule[] = [...normaliseRules, ...userRules]
  const renormalised = mapTexts(value, (text, within) => applyRules(text, { rules, within }))
  return sha256Of(canonicalJson(renormalised))
}

function applyRules(text: string, { rules, within }: { rules: readonly UserRule[]; within: Within }): string {
  return rules.reduce(
    (changed, rule) =>
      rule.within === 'tool_result' && within !== 'tool_result'
        ? changed
        : changed.replace(rule.pattern, rule.replacement),
    text,
  )
}

/** One shape for what may be written in two, less what is not compared. The system prompt first: ids are numbered along. */
function shapedRequest(body: unknown): unknown {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return body
  const omitted = omitRules.filter((rule) => rule.of === 'request').map((rule) => rule.field)
  const { system, messages, ...rest } = asRecord(body)
  const others = Object.entries(rest).filter(([name]) => !omitted.includes(name))
  return {
    ...(system === undefined ? {} : { system: shapedContent(system) }),
    ...(messages === undefined ? {} : { messages: shapedMessages(messages) }),
    ...Object.fromEntries(others.map(([name, value]) => [name, name === 'tools' ? shapedContent(value) : value])),
  }
}

const shapedMessages = (messages: unknown): unknown =>
  Array.isArray(messages) ? resultsInOrder(messages.map(shapedMessage)) : messages

function shapedMessage(message: unknown): unknown {
  if (message === null || typeof message !== 'object') return message
  return { ...message, content: shapedContent(asRecord(message)['content']) }
}

const blockFields = new Set(omitRules.filter((rule) => rule.of === 'block').map((rule) => rule.field))

function shapedContent(content: unknown): unknown {
  if (typeof content === 'string') return shapedContent([{ type: 'text', text: content }])
  if (!Array.isArray(content)) return content
  return content.flatMap((block: unknown) => {
    if (block === null || typeof block !== 'object') return [block]
    const fields = Object.fromEntries(Object.entries(block).filter(([name]) => !blockFields.has(name)))
    if (fields['type'] === 'tool_result' && 'content' in fields) {
      return [{ ...fields, content: shapedContent(fields['content']) }]
    }
    if (fields['type'] !== 'text' || typeof fields['text'] !== 'string') return [fields]
    const text = blockRules.reduce<string | null>(
      (changed, rule) => (changed === null ? null : rule.change(changed)),
      fields['text'],
    )
    return text === null ? [] : [{ ...fields, text }]
  })
}

function namedDirectory(request: unknown): string | undefined {
  const { system, messages } = asRecord(request)
  const blocks = [...listOf(system), ...listOf(messages).flatMap((message) => listOf(asRecord(message)['content']))]
  return workingDirectoryIn(blocks.map((block) => asRecord(block)['text']).filter((text) => typeof text === 'string'))
}

type TextChange = (text: string, within: Within) => string

/** A copy of a JSON value with every string changed, and every name that is more than a plain name. */
function mapTexts(value: unknown, change: TextChange, within: Within = 'all'): unknown {
  if (typeof value === 'string') return change(value, within)
  if (value === null || typeof value !== 'object') return value
  const inside = asRecord(value)['type'] === 'tool_result' ? 'tool_result' : within
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, inside))
  const entries = Object.entries(value).map(([name, member]) => [
    /\W/.test(name) ? change(name, inside) : name,
    mapTexts(member, change, inside),
  ])
  return Object.fromEntries(entries)
}
