import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * What happens to a request instead of its answer.
 * - `cut`: the connection breaks before the server hears of it; `forget`: after it did what was asked.
 * - `truncate`: the answer breaks off in its middle; `damage`: a bit of it is another one.
 * - `unconditional`: a service that does not know `If-None-Match`.
 * - A number: that status, and nothing is done.
 */
type Fault = 'cut' | 'forget' | 'truncate' | 'damage' | 'unconditional' | { status: number; code: string }

/**
 * A real server of S3 (moto) on a free port, gone with the process that started it. Before it stands a gate, which can
 * break what passes. Moto looks and then writes, which two requests at once would see; the gate lets writes pass one by
 * one. So this shows what we make of the answers, and not that a service keeps its word.
 */
export class S3Server {
  readonly endpoint: string
  readonly credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'very-secret-of-s3' }
  /** Method and path of all requests that came. */
  readonly requests: string[] = []
  readonly #child: ChildProcess
  readonly #gate: Server
  readonly #target: number
  #writes: Promise<unknown> = Promise.resolve()
  #faults: { method: string; fault: Fault }[] = []

  private constructor(child: ChildProcess, gate: Server, target: number) {
    this.#child = child
    this.#gate = gate
    this.#target = target
    this.endpoint = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`
    gate.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => void this.#pass(incoming, outgoing))
  }

  static async start(): Promise<S3Server> {
    const target = await freePort()
    // Ends when its input does, however this process ends.
    const script = `moto_server -H 127.0.0.1 -p ${target} >/dev/null 2>&1 & server=$!; read -r _; kill $server; wait $server`
    const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] })
    while (!(await answers(target))) await delay(50)
    const gate = createServer()
    gate.listen(0, '127.0.0.1')
    await once(gate, 'listening')
    return new S3Server(child, gate, target)
  }

  /** Breaks the next requests of a method, each in the way named; others pass. */
  failNext(method: string, ...faults: readonly Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ method, fault })))
  }

  /** Nothing is broken any more. */
  mend(): void {
    this.#faults = []
  }

  async close(): Promise<void> {
    this.#gate.close()
    this.#gate.closeAllConnections()
    const ended = once(this.#child, 'exit')
    this.#child.stdin!.end()
    await ended
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming
    this.requests.push(`${method} ${url}`)
    const chunks: Uint8Array[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
    } catch {
      return
    }
    const place = this.#faults.findIndex((one) => one.method === method)
    const fault = place < 0 ? undefined : this.#faults.splice(place, 1)[0]!.fault
    if (fault === 'cut') return void outgoing.destroy()
    if (typeof fault === 'object') return refuse(outgoing, fault)
    const send = () => this.#forward(incoming, Buffer.concat(chunks), fault === 'unconditional')
    const isWrite = method === 'PUT' || method === 'POST' || method === 'DELETE'
    const sent = isWrite ? this.#writes.then(send) : send()
    if (isWrite) this.#writes = sent.catch(() => {})
    const answer = await sent
    if (fault === 'forget') return void outgoing.destroy()
    if (fault === 'damage') answer.body[answer.body.length >> 1]! ^= 1
    outgoing.writeHead(answer.status, answer.headers)
    if (fault !== 'truncate') return void outgoing.end(answer.body)
    outgoing.write(answer.body.subarray(0, answer.body.length >> 1), () => outgoing.destroy())
  }

  async #forward(incoming: IncomingMessage, body: Buffer, isUnconditional: boolean): Promise<Answer> {
    const { expect: _, ...headers } = incoming.headers
    if (isUnconditional) delete headers['if-none-match']
    const { method, url } = incoming
    const outgoing = request({ host: '127.0.0.1', port: this.#target, method, path: url, headers })
    outgoing.end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const chunks: Uint8Array[] = []
    for await (const chunk of answer) chunks.push(chunk as Uint8Array)
    return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

function refuse(outgoing: ServerResponse, { status, code }: { status: number; code: string }): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() })
  outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as the test says</Message></Error>`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = async (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/moto-api/`).then(
    ({ ok }) => ok,
    () => false,
  )
