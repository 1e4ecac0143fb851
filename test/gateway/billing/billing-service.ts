import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { noCallUsage, type CallUsage } from '../../../src/domain/call-usage.ts'
import { costOfCall } from '../../../src/domain/prices/cost-of-call.ts'
import { findPrice } from '../../../src/domain/prices/find-price.ts'
import { listPrices } from '../../../src/domain/prices/list-prices.ts'
import { countPromptTokens } from './count-prompt-tokens.ts'
import { wholeBetween } from './random.ts'

type Json = Readonly<Record<string, unknown>>

/** What becomes of a request. All but the refusals are billed. */
export const fates = [
  'answered', 'refused', 'refused_in_stream', 'proxy_timeout', 'cut_before_answer', 'cut_before_message', 'cut_in_message',
  'error_in_message', 'repeated_message',
] as const // prettier-ignore
export type Fate = (typeof fates)[number]

export interface BillingPlan {
  readonly random: () => number
  /** How often each fate comes; none is one time in as many. */
  readonly fateOf: (random: () => number) => Fate
  readonly tokensPerByte: number
  /** Output tokens of an answer that has room. */
  readonly outputTokens: readonly [least: number, most: number]
  /** Pauses between the pieces of an answer. */
  readonly pauseMs: number
  /** Whether the service reads from its cache what it read before, or pretends to have forgotten. */
  readonly hasCache: boolean
  readonly countsTokens: boolean
}

/**
 * A Messages API on loopback that bills, in the way worst for who pays: what is cut, aborted or lost on the way is
 * billed in full, up to `max_tokens`, with the whole prompt written to the cache.
 */
export class BillingService {
  readonly #plan: BillingPlan
  readonly #server: Server
  readonly #bills = new Map<number, bigint>()
  readonly #messageIds: string[] = []
  readonly #arrivals = new EventEmitter()
  #calls = 0
  counts = 0

  constructor(plan: BillingPlan) {
    this.#plan = plan
    this.#server = createServer((incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy())
    })
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** All that was billed so far, calls under way at their worst. */
  get billNanoUsd(): bigint {
    return [...this.#bills.values()].reduce((sum, bill) => sum + bill, 0n)
  }

  get calls(): number {
    return this.#calls
  }

  /** Resolves when so many calls have come, or the signal is aborted. */
  async reached(calls: number, signal: AbortSignal): Promise<void> {
    while (this.#calls < calls && !signal.aborted) await once(this.#arrivals, 'call', { signal }).catch(() => {})
  }

  /** What the dearest call cost. */
  get dearestNanoUsd(): bigint {
    return [...this.#bills.values()].reduce((most, bill) => (bill > most ? bill : most), 0n)
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Json
    if (incoming.url?.startsWith('/v1/messages/count_tokens')) return this.#count(body, outgoing)
    await this.#answer(body, outgoing)
  }

  #count(body: Json, outgoing: ServerResponse): void {
    this.counts += 1
    if (!this.#plan.countsTokens) return refuse(outgoing, 404)
    outgoing.writeHead(200, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify({ input_tokens: countPromptTokens(body, this.#plan.tokensPerByte) }))
  }

  async #answer(body: Json, outgoing: ServerResponse): Promise<void> {
    const { random, fateOf, tokensPerByte, outputTokens, pauseMs } = this.#plan
    const fate = fateOf(random)
    if (fate === 'refused') return refuse(outgoing, [429, 529, 500, 400][wholeBetween(random, 0, 3)]!)
    if (fate === 'refused_in_stream') return void stream(outgoing).end(sse({ type: 'error', error: overloaded }))
    const call = ++this.#calls
    this.#arrivals.emit('call')
    const maxTokens = Number(body['max_tokens'])
    const prompt = countPromptTokens(body, tokensPerByte)
    const bill = (usage: CallUsage): bigint =>
      costOfCall(usage, findPrice(listPrices, String(body['model']), { at: new Date() })!)
    this.#bills.set(call, bill({ ...dearest(body, prompt), outputTokens: maxTokens }))
    await sleep(pauseMs * random())
    if (fate === 'cut_before_answer') return void outgoing.destroy()
    if (fate === 'proxy_timeout')
      return void outgoing.writeHead(504, { 'content-type': 'text/html' }).end('<h1>504</h1>')
    const written = Math.min(maxTokens, wholeBetween(random, ...outputTokens))
    const usage = {
      ...(this.#plan.hasCache && random() < 0.7 ? cached(body, prompt) : dearest(body, prompt)),
      outputTokens: written,
    }
    const id =
      (fate === 'repeated_message' ? this.#messageIds.at(-1) : undefined) ?? `msg_${call}_${Math.floor(random() * 1e9)}`
    this.#messageIds.push(id)
    const message = { id, type: 'message', role: 'assistant', model: body['model'], content: [], stop_reason: null }
    const stopReason = written === maxTokens ? 'max_tokens' : 'end_turn'
    const final = (): void => void (outgoing.destroyed || this.#bills.set(call, bill(usage)))
    if (body['stream'] !== true) {
      if (fate.startsWith('cut')) return void outgoing.destroy()
      final()
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      outgoing.end(
        JSON.stringify({
          ...message,
          content: [{ type: 'text', text: 'x' }],
          stop_reason: stopReason,
          usage: wire(usage),
        }),
      )
      return
    }
    stream(outgoing)
    if (fate === 'cut_before_message') return cutAfter(outgoing, ': nothing yet\n\n')
    await this.#stream(outgoing, { fate, message, usage, stopReason, final })
  }

  async #stream(outgoing: ServerResponse, { fate, message, usage, stopReason, final }: StreamedAnswer): Promise<void> {
    const { pauseMs, random } = this.#plan
    outgoing.write(sse({ type: 'message_start', message: { ...message, usage: wire({ ...usage, outputTokens: 1 }) } }))
    outgoing.write(sse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }))
    for (let piece = 0; piece < 3; piece += 1) {
      await sleep(pauseMs * random())
      outgoing.write(sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'some words ' } }))
      if (fate === 'cut_in_message' && piece === 1) return cutAfter(outgoing, '')
    }
    if (fate === 'error_in_message') return void outgoing.end(sse({ type: 'error', error: overloaded }))
    outgoing.write(sse({ type: 'content_block_stop', index: 0 }))
    final()
    outgoing.write(sse({ type: 'message_delta', delta: { stop_reason: stopReason }, usage: wire(usage) }))
    outgoing.end(sse({ type: 'message_stop' }))
  }
}

interface StreamedAnswer {
  readonly fate: Fate
  readonly message: Json
  readonly usage: CallUsage
  readonly stopReason: string
  /** The answer is written: it is billed as it is, if somebody was there to hear it. */
  readonly final: () => void
}

const overloaded = { type: 'overloaded_error', message: 'Overloaded' }

const sse = (event: Json): string => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`

const stream = (outgoing: ServerResponse): ServerResponse =>
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${Math.random()}` })

function cutAfter(outgoing: ServerResponse, text: string): void {
  outgoing.write(text, () => outgoing.destroy())
}

function refuse(outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '5' })
  outgoing.end(JSON.stringify({ type: 'error', error: { type: 'api_error', message: 'no' } }))
}

/** The whole prompt at the dearest rate that the request allows. */
function dearest(body: Json, promptTokens: number): CallUsage {
  const text = JSON.stringify(body)
  if (text.includes('"ttl":"1h"')) return { ...noCallUsage, cacheWrite1hInputTokens: promptTokens }
  if (text.includes('"cache_control"')) return { ...noCallUsage, cacheWrite5mInputTokens: promptTokens }
  return { ...noCallUsage, inputTokens: promptTokens }
}

const cached = (body: Json, promptTokens: number): CallUsage =>
  JSON.stringify(body).includes('"cache_control"')
    ? { ...noCallUsage, cacheReadInputTokens: promptTokens }
    : dearest(body, promptTokens)

const wire = (usage: CallUsage): Json => ({
  input_tokens: usage.inputTokens,
  output_tokens: usage.outputTokens,
  cache_read_input_tokens: usage.cacheReadInputTokens,
  cache_creation_input_tokens: usage.cacheWrite5mInputTokens + usage.cacheWrite1hInputTokens,
  cache_creation: {
    ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens,
    ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens,
  },
})
