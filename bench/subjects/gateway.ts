import { join } from 'node:path'
import type { GatewayTask, OpenGateway } from '../programs/gateway-process.ts'
import { pacedEvents, paceMs } from '../programs/plain-messages-api.ts'
import type { Goal, Row, Section } from '../report/section.ts'
import { alternate, type AlternateOptions } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { createMessagesClient, messagesRequest, type MessagesClient } from '../support/messages-client.ts'
import { startProgram } from '../support/program.ts'

/** The same requests to the same server, straight and through Perdure's gateway; each in a process of its own. */
export async function measureGateway(settings: BenchSettings): Promise<Section> {
  const api = startProgram<string>('plain-messages-api.ts', { task: null })
  const upstreamUrl = await api.next()
  const gateway = await startGateway(settings, { upstreamUrl, keepsBooks: true })
  const bare = { name: 'direct', client: createMessagesClient({ baseUrl: upstreamUrl, headers: {} }) }
  const perdure = { name: 'through', client: gateway.client }
  const goals: Goals = {
    small: { of: 'added', atMost: 0.4 },
    firstByte: { of: 'added', atMost: 0.6 },
    stream: { of: 'ratio', atMost: 1.01 },
  }
  try {
    return {
      title: 'Model gateway',
      about: `The same requests to the same plain server, directly and through the gateway. ${surroundings}`,
      rows: await compareWays({ bare, perdure, goals, streams: true }, settings),
    }
  } finally {
    bare.client.close()
    await gateway.end()
    await api.end()
  }
}

export const surroundings =
  'Client, gateway and server are three processes, so at full load they share the cores. The gateway observes and meters every exchange, holds a hard budget (reserved before each call, settled after it) and logs two events for each, in SQLite with full synchronous.'

export interface RunningGateway {
  readonly client: MessagesClient
  readonly pid: number
  end(): Promise<void>
}

/** @param keepsBooks Whether it meters, holds a budget and logs. */
export async function startGateway(
  { scratch }: BenchSettings,
  { upstreamUrl, keepsBooks }: { upstreamUrl: string; keepsBooks: boolean },
): Promise<RunningGateway> {
  const task: GatewayTask = { upstreamUrl, dataDirectory: keepsBooks ? join(scratch, 'gateway') : null }
  const program = startProgram<OpenGateway>('gateway-process.ts', { task })
  const { baseUrl, token } = await program.next()
  const client = createMessagesClient({ baseUrl, headers: { authorization: `Bearer ${token}` } })
  const end = async (): Promise<void> => {
    client.close()
    await program.end()
  }
  return { client, pid: program.pid, end }
}

export interface Way {
  readonly name: string
  readonly client: MessagesClient
}

export interface Goals {
  readonly small?: Goal
  readonly firstByte?: Goal
  readonly stream?: Goal
  readonly rate?: Goal
}

interface Ways {
  readonly bare: Way
  readonly perdure: Way
  readonly goals: Goals
  /** False where one of them cannot stream. */
  readonly streams: boolean
}

/** Small requests, the agent's own, a stream at a model's pace, and many at once, on two ways in turns. */
export async function compareWays(ways: Ways, settings: BenchSettings): Promise<Row[]> {
  return [
    await measureSmall(ways, settings),
    ...(ways.streams ? [await measureFirstByte(ways, settings), await measurePacedStream(ways, settings)] : []),
    await measureThroughput(ways, settings),
  ]
}

async function measureSmall(ways: Ways, { quick, progress }: BenchSettings): Promise<Row> {
  progress(`one request at a time, beside ${ways.bare.name}`)
  const body = messagesRequest({ bytes: 200, answer: 'whole' })
  const samples = await onBoth(ways, { rounds: quick ? 20 : 1_000 }, async (client) => (await client.send(body)).endMs)
  return row('small request, whole answer', { ways, samples, goal: ways.goals.small })
}

async function measureFirstByte(ways: Ways, { quick }: BenchSettings): Promise<Row> {
  const body = messagesRequest({ bytes: 60_000, answer: 'stream' })
  const samples = await onBoth(
    ways,
    { rounds: quick ? 20 : 1_000 },
    async (client) => (await client.send(body)).firstByteMs,
  )
  return row('60 KB request, first byte of the answer', { ways, samples, goal: ways.goals.firstByte })
}

async function measurePacedStream(ways: Ways, { quick, progress }: BenchSettings): Promise<Row> {
  const body = messagesRequest({ bytes: 60_000, answer: 'paced' })
  const options = {
    rounds: quick ? 1 : 5,
    warmUp: false,
    progress: (text: string) => progress(`paced stream, ${text}`),
  }
  const samples = await onBoth(ways, options, async (client) => (await client.send(body)).endMs)
  const what = `60 KB request, end of a stream of ${pacedEvents} events, ${paceMs} ms apart`
  return row(what, { ways, samples, goal: ways.goals.stream })
}

async function measureThroughput(ways: Ways, { quick, progress }: BenchSettings): Promise<Row> {
  const load = { atOnce: 16, durationMs: quick ? 200 : 2_000 }
  const options = {
    rounds: quick ? 1 : 5,
    progress: (text: string) => progress(`${load.atOnce} at once, ${text}`),
  }
  const samples = await onBoth(ways, options, (client) => requestsPerSecond(client, load))
  const what = `small requests, ${load.atOnce} at once`
  return { ...row(what, { ways, samples, goal: ways.goals.rate }), unit: 'requests/s' }
}

interface Samples {
  readonly bare: number[]
  readonly perdure: number[]
}

const onBoth = (
  { bare, perdure }: Ways,
  options: AlternateOptions,
  measure: (client: MessagesClient) => Promise<number>,
): Promise<Samples> => alternate({ bare: () => measure(bare.client), perdure: () => measure(perdure.client) }, options)

async function requestsPerSecond(
  client: MessagesClient,
  { atOnce, durationMs }: { atOnce: number; durationMs: number },
): Promise<number> {
  const body = messagesRequest({ bytes: 200, answer: 'whole' })
  const startedAt = performance.now()
  let answered = 0
  const askAgainAndAgain = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      await client.send(body)
      answered += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, askAgainAndAgain))
  return (answered / (performance.now() - startedAt)) * 1000
}

interface RowFacts {
  readonly ways: Ways
  readonly samples: Samples
  readonly goal: Goal | undefined
}

const row = (what: string, { ways, samples, goal }: RowFacts): Row => ({
  what,
  unit: 'ms',
  bare: { name: ways.bare.name, values: samples.bare },
  perdure: { name: ways.perdure.name, values: samples.perdure },
  ...(goal === undefined ? {} : { goal }),
})
