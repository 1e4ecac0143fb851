import { PerdureError } from '../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest } from '../../ports/model-gateway.ts'
import type { RecordedToolCall, ToolCallRecorder } from '../../ports/tool-record.ts'
import { CassetteFolder, type BodyKind } from './cassette-folder.ts'
import { cassetteVersion, type ExchangeLine, type HeaderLine, type OutcomeLine } from './cassette-schema.ts'
import { CassetteWriter } from './cassette-writer.ts'
import { changeAnswer } from './change-answer.ts'
import { changeTexts } from './change-texts.ts'
import { ExchangeThreads } from './exchange-threads.ts'
import type { Places } from './normalise/places.ts'
import type { UserRule } from './normalise/normalise-request.ts'
import { readExchangeRequest, type ExchangeRequest } from './read-exchange-request.ts'
import { withoutSecrets } from './without-secrets.ts'
import { cutValue, putValue } from './value-parts.ts'

export interface RecorderOptions {
  /** The cassette's folder. What is there is replaced when the first exchange has ended. */
  readonly path: string
  readonly places?: Places
  readonly run?: HeaderLine['run']
  /** Rows of the user beside the table; a replay needs the same. */
  readonly normalise?: readonly UserRule[] | undefined
}

/** What came back, as it came. */
export interface RecordedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly end: NonNullable<ExchangeLine['answer']>['end']
  readonly headAtMs: number
  readonly chunks: readonly { readonly atMs: number; readonly bytes: Uint8Array }[]
}

/** One request on its way. */
export interface ExchangeRecording {
  answered(answer: RecordedAnswer): void
  failed(message: string): void
}

/** Takes down the model traffic of a run. Whoever only records breaks nothing: a full disk is a warning and `failure`. */
export class CassetteRecorder implements ToolCallRecorder {
  readonly #options: RecorderOptions
  readonly #threads = new ExchangeThreads()
  readonly #startedMs = performance.now()
  readonly #toolCounts = new Map<string, number>()
  #writer: CassetteWriter | null = null
  #latest: ExchangeRequest | null = null
  #betas: HeaderLine['betas'] = 'all'
  #failure: Error | null = null

  /** @throws {PerdureError} `invalid_request` where something else than a cassette lies at the path. */
  constructor(options: RecorderOptions) {
    new CassetteFolder(options.path).requireNothingElse()
    this.#options = options
  }

  /** Why nothing more is recorded. */
  get failure(): Error | null {
    return this.#failure
  }

  /** @param upstream Who will answer. */
  begin(request: UpstreamRequest, { betas = 'all' }: Pick<ModelUpstream, 'betas'>): ExchangeRecording {
    this.#betas = betas
    const startedMs = performance.now()
    const { places = {}, normalise } = this.#options
    const read = readExchangeRequest(request, { places, rules: normalise })
    this.#latest = read
    const place = this.#threads.place(read)
    const timing = { ...place, startedMs: Math.round(startedMs - this.#startedMs) }
    const add = (line: Pick<ExchangeLine, 'answer' | 'failure'>, times: { headMs: number; chunks: number[] }): void =>
      this.#write(read, (writer) => {
        const body = read.hasBody ? putValue(read.value, (content, kind) => writer.folder.put(content, kind)) : null
        const exchange = { type: 'exchange', ...place, request: read.line, key: read.key, body, ...line } as const
        writer.addExchange(exchange, { ...timing, ...times })
      })
    return {
      answered: (answer) => {
        const headMs = Math.round(answer.headAtMs - startedMs)
        const { bytes, chunks } = storedAnswer(answer, read)
        this.#write(read, (writer) => {
          const { status, end } = answer
          const body = writer.folder.put(bytes, kindOf(answer.headers))
          add({ answer: { status, headers: keptHeaders(answer.headers), body, end } }, { headMs, chunks })
        })
      },
      failed: (message) =>
        add(
          { answer: null, failure: withoutSecrets(message) },
          { headMs: Math.round(performance.now() - startedMs), chunks: [] },
        ),
    }
  }

  async recordToolCall(call: RecordedToolCall): Promise<void> {
    const read = this.#latest
    // Before the first answer no tool is called.
    if (read === null) return
    const thread = this.#threads.nameOf(read.sessionId, call.agentId)
    const index = (this.#toolCounts.get(thread) ?? 0) + 1
    this.#toolCounts.set(thread, index)
    this.#write(read, (writer) => {
      const put = (value: unknown): unknown => {
        const stored = changeTexts(value ?? null, (text) => withoutSecrets(read.toCassette(text)))
        return cutValue(stored, (content, kind) => writer.folder.put(content, kind))
      }
      writer.addToolCall({
        type: 'tool',
        thread,
        index,
        toolUseId: call.toolUseId,
        name: call.name,
        input: put(call.input),
        content: put(call.content),
        isError: call.isError,
        ...(call.structured === undefined ? {} : { structured: put(call.structured) }),
        ...(call.startedThread === true ? { startedThread: true } : {}),
        durationMs: call.durationMs === null ? null : Math.round(call.durationMs),
      })
    })
    if (this.#failure !== null)
      throw new PerdureError('storage_failed', this.#failure.message, { cause: this.#failure })
  }

  /** Ends the recording with how the run ended. */
  finish(outcome: Omit<OutcomeLine, 'type'>): void {
    const read = this.#latest
    if (read === null) return
    const text = withoutSecrets(read.toCassette(outcome.text))
    this.#write(read, (writer) => writer.end({ type: 'outcome', ...outcome, text }))
  }

  #write(read: ExchangeRequest, write: (writer: CassetteWriter) => void): void {
    if (this.#failure !== null) return
    try {
      this.#writer ??= new CassetteWriter(this.#options.path, this.#header(read))
      write(this.#writer)
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      process.emitWarning(`The recording ${this.#options.path} ends here: ${this.#failure.message}`)
    }
  }

  #header({ agent, model, toCassette }: ExchangeRequest): HeaderLine {
    const { run = null } = this.#options
    const written = changeTexts(run, (text) => withoutSecrets(toCassette(text))) as HeaderLine['run']
    return {
      type: 'cassette',
      version: cassetteVersion,
      recordedAt: new Date().toISOString(),
      agent,
      model: model === '' ? null : model,
      betas: this.#betas,
      run: written,
    }
  }
}

/** Bytes without secrets and without paths of this machine; times and lengths of the chunks. */
function storedAnswer({ headAtMs, chunks }: RecordedAnswer, read: ExchangeRequest) {
  const whole = Buffer.concat(chunks.map(({ bytes }) => bytes))
  const { bytes, moved } = changeAnswer(whole, (text) => withoutSecrets(read.toCassette(text)))
  let end = 0
  const times = chunks.flatMap((chunk) => {
    const start = end
    end += chunk.bytes.length
    return [Math.round(chunk.atMs - headAtMs), moved(end) - moved(start)]
  })
  return { bytes, chunks: times }
}

function kindOf(headers: RecordedAnswer['headers']): BodyKind {
  const type = headers['content-type'] ?? ''
  if (type.startsWith('text/event-stream')) return 'sse'
  return type.startsWith('application/json') ? 'json' : 'bin'
}

const kept = /^(content-type|request-id|retry-after(-ms)?|x-should-retry|anthropic-ratelimit-.+)$/

/** What an agent goes by. Nothing that names an account or a machine. */
const keptHeaders = (headers: RecordedAnswer['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => kept.test(name))
      .map(([name, value]) => [name, withoutSecrets(value)]),
  )
