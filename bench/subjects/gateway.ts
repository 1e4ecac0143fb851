import type { GatewayTask, OpenGateway } from '../programs/gateway-process.ts'
import { pacedEvents, paceMs } from '../programs/plain-messages-api.ts'
import type { Goal, Row, Section } from '../report/section.ts'
import { alternate } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { createMessagesClient, messagesRequest, type MessagesClient } from '../support/messages-client.ts'
import { startProgram } from '../support/program.ts'

interface Ways {
  readonly direct: MessagesClient
  readonly through: MessagesClient
}

/** The same requests to the same server, straight and through Perdure's gateway; each in a process of its own. */
export async function measureGateway(settings: BenchSettings): Promise<Section> {
  const api = startProgram<string>('plain-messages-api.ts', { task: null })
  const upstreamUrl = await api.next()
  const gateway = startProgram<OpenGateway>('gateway-process.ts', { task: { upstreamUrl } satisfies GatewayTask })
  const direct = createMessagesClient({ baseUrl: upstreamUrl, token: 'bench' })
  const through = createMessagesClient(await gateway.next())
  try {
    return {
      title: 'Model gateway',
      about:
        'The same requests to the same plain server, directly and through the gateway. Client, gateway and server are three processes, so at full load they share the cores. The gateway observes every exchange; metering, budgets and the log are not part of it yet.',
      rows: [
        ...(await measureLatency({ direct, through }, settings)),
        await measurePacedStream({ direct, through }, settings),
        await measureThroughput({ direct, through }, settings),
      ],
    }
  } finally {
    direct.close()
    through.close()
    await gateway.end()
    await api.end()
  }
}

async function measureLatency({ direct, through }: Ways, { quick, progress }: BenchSettings): Promise<Row[]> {
  progress('one request at a time')
  const rounds = quick ? 20 : 1_000
  const small = messagesRequest({ bytes: 200, stream: false })
  const large = messagesRequest({ bytes: 60_000, stream: true })
  const ends = await alternate(
    {
      direct: async () => (await direct.send(small, 'small')).endMs,
      through: async () => (await through.send(small, 'small')).endMs,
    },
    { rounds },
  )
  const firstBytes = await alternate(
    {
      direct: async () => (await direct.send(large, 'stream')).firstByteMs,
      through: async () => (await through.send(large, 'stream')).firstByteMs,
    },
    { rounds },
  )
  return [
    row('small request, whole answer', ends, { of: 'added', atMost: 0.4 }),
    row('60 KB request, first byte of the answer', firstBytes, { of: 'added', atMost: 0.6 }),
  ]
}

async function measurePacedStream({ direct, through }: Ways, { quick, progress }: BenchSettings): Promise<Row> {
  const body = messagesRequest({ bytes: 60_000, stream: true })
  const ends = await alternate(
    {
      direct: async () => (await direct.send(body, 'paced')).endMs,
      through: async () => (await through.send(body, 'paced')).endMs,
    },
    { rounds: quick ? 1 : 5, warmUp: false, progress: (text) => progress(`paced stream, ${text}`) },
  )
  const what = `60 KB request, end of a stream of ${pacedEvents} events, ${paceMs} ms apart`
  return row(what, ends, { of: 'ratio', atMost: 1.01 })
}

async function measureThroughput({ direct, through }: Ways, { quick, progress }: BenchSettings): Promise<Row> {
  const options = { atOnce: 16, durationMs: quick ? 200 : 2_000 }
  const rates = await alternate(
    { direct: () => requestsPerSecond(direct, options), through: () => requestsPerSecond(through, options) },
    { rounds: quick ? 1 : 5, progress: (text) => progress(`${options.atOnce} at once, ${text}`) },
  )
  return { ...row(`small requests, ${options.atOnce} at once`, rates), unit: 'requests/s' }
}

async function requestsPerSecond(
  client: MessagesClient,
  { atOnce, durationMs }: { atOnce: number; durationMs: number },
): Promise<number> {
  const body = messagesRequest({ bytes: 200, stream: false })
  const startedAt = performance.now()
  let answered = 0
  const askAgainAndAgain = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      await client.send(body, 'small')
      answered += 1
    }
  }
  await Promise.all(Array.from({ length: atOnce }, askAgainAndAgain))
  return (answered / (performance.now() - startedAt)) * 1000
}

const row = (what: string, samples: { direct: number[]; through: number[] }, goal?: Goal): Row => ({
  what,
  unit: 'ms',
  bare: { name: 'direct', values: samples.direct },
  perdure: { name: 'through', values: samples.through },
  ...(goal === undefined ? {} : { goal }),
})
