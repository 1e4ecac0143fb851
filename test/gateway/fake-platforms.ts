import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { UpstreamResponse } from '../../src/ports/model-gateway.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import type { Script, ScriptRule } from '../../src/gateway/upstreams/script/script.ts'

// The real platforms need an account. These stand in for them: the same paths, the same authentication, the same
// bytes on the wire (for Bedrock by the codec of its own client), with a script in the model’s place.

export interface PlatformAsked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export interface FakePlatform {
  readonly url: string
  readonly asked: readonly PlatformAsked[]
  close(): Promise<void>
}

type Answer = (asked: PlatformAsked, outgoing: ServerResponse, signal: AbortSignal) => Promise<void> | void

/** A server on loopback that remembers what it was asked. */
export async function startFakePlatform(answer: Answer): Promise<FakePlatform> {
  const asked: PlatformAsked[] = []
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    const { method = '', url: path = '', headers } = incoming
    const isJson = headers['content-type']?.startsWith('application/json') === true
    const body = (isJson ? JSON.parse(text || '{}') : {}) as Record<string, unknown>
    const one = { method, path, headers, text, body }
    asked.push(one)
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    await answer(one, outgoing, gone.signal)
  }
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A script in the model’s place, behind whatever wire format the platform has. */
export function scriptedPlatform(source: Script | readonly ScriptRule[]) {
  const model = scriptedModel(source)
  return ({ headers, signal, body }: { headers: IncomingHttpHeaders; signal: AbortSignal; body: unknown }) =>
    model.handle({
      method: 'POST',
      path: '/v1/messages',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.from(JSON.stringify(body)),
      signal,
    })
}

export async function sendAsIs({ status, headers, body }: UpstreamResponse, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, headers)
  outgoing.flushHeaders()
  await pipeline(body, outgoing)
}

interface Marshaller {
  serialize(input: AsyncIterable<unknown>, serializer: (event: never) => unknown): AsyncIterable<Uint8Array>
}

const clientRequire = createRequire(fileURLToPath(import.meta.resolve('@anthropic-ai/bedrock-sdk')))
const { EventStreamMarshaller } = clientRequire('@smithy/eventstream-serde-node') as {
  EventStreamMarshaller: new (options: unknown) => Marshaller
}

/** Frames of AWS’s event stream, by the codec that Bedrock’s client reads them with. */
export function awsFrames(events: AsyncIterable<AwsEvent>): AsyncIterable<Uint8Array> {
  const utf8Encoder = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
  const utf8Decoder = (text: string): Uint8Array => Buffer.from(text)
  const serializer = ({ headers, body }: AwsEvent) => ({
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }])),
    body: Buffer.from(JSON.stringify(body)),
  })
  return new EventStreamMarshaller({ utf8Encoder, utf8Decoder }).serialize(events, serializer)
}

export interface AwsEvent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** An event of the Messages API as Bedrock frames it. */
export const awsChunk = (event: unknown): AwsEvent => ({
  headers: { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
  body: { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdefgh' },
})

export const awsException = (type: string, message: string): AwsEvent => ({
  headers: { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
  body: { message },
})

/** The events of a stream as the API writes it. */
export async function* readSse(body: AsyncIterable<Uint8Array>): AsyncGenerator {
  let text = ''
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString('utf8')
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) yield JSON.parse(event.slice(event.indexOf('data: ') + 6))
  }
}
