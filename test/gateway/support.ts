import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createModelGateway, type ModelGatewayOptions } from '../../src/gateway/create-model-gateway.ts'
import { newRunId } from '../../src/domain/ids.ts'
import type {
  GatewayRun,
  ModelGateway,
  ModelUpstream,
  UpstreamRequest,
  UpstreamResponse,
} from '../../src/ports/model-gateway.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'

export interface Opened {
  readonly gateway: ModelGateway
  readonly run: GatewayRun
  readonly seen: readonly ModelObservation[]
  readonly types: () => readonly string[]
}

export async function openGateway(upstream: ModelUpstream, options: ModelGatewayOptions = {}): Promise<Opened> {
  const gateway = createModelGateway(options)
  const seen: ModelObservation[] = []
  const run = await gateway.openRun({ runId: newRunId(), upstream, observe: (observation) => seen.push(observation) })
  return { gateway, run, seen, types: () => seen.map(({ type }) => type) }
}

/** An upstream that answers as told, and remembers what it was asked. */
export function plainUpstream(answer: (request: UpstreamRequest) => UpstreamResponse | Promise<UpstreamResponse>) {
  const requests: UpstreamRequest[] = []
  const upstream: ModelUpstream = {
    name: 'plain',
    async handle(request) {
      requests.push(request)
      return answer(request)
    },
  }
  return { upstream, requests }
}

export const eventStream = (body: AsyncIterable<Uint8Array>): UpstreamResponse => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  body,
})

export const modelRequest = JSON.stringify({
  model: 'm',
  max_tokens: 9,
  stream: true,
  messages: [{ role: 'user', content: 'hi' }],
})

export interface RawRequest {
  readonly method?: string
  /** Sent as it is, in the place of the URL's, which would be resolved. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** One request without a client library: the answer is read by the caller. */
export function send(
  url: string,
  { method = 'POST', headers = {}, body, ...others }: RawRequest,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { method, headers, ...others }, resolve)
      .on('error', reject)
      .end(body)
  })
}

export async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
