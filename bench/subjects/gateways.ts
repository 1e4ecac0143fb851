import { setTimeout as sleep } from 'node:timers/promises'
import type { Row, Section } from '../report/section.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { createMessagesClient, messagesRequest, type MessagesClient } from '../support/messages-client.ts'
import { startLiteLlm, startPortkey, type PeerGateway, type PeerPlace } from '../support/peer-gateways.ts'
import { memoryOf } from '../support/processes.ts'
import { peersFolder } from '../support/peers-folder.ts'
import { startProgram } from '../support/program.ts'
import { compareWays, startGateway, surroundings, type Goals, type RunningGateway } from './gateway.ts'

interface Peer {
  readonly start: (place: PeerPlace) => Promise<PeerGateway>
  readonly goals: Goals
}

const peers: readonly Peer[] = [
  { start: startPortkey, goals: { rate: { of: 'ratio', atLeast: 3 } } },
  { start: startLiteLlm, goals: { rate: { of: 'ratio', atLeast: 30 } } },
]

const streamsAtOnce = 100

/**
 * Perdure's gateway beside others, one after the other, with the same requests to the same server. They are not
 * packages of this project: `PERDURE_BENCH_PEERS` names the folder where they are installed.
 */
export async function measureGateways(settings: BenchSettings): Promise<Section> {
  const folder = peersFolder()
  const api = startProgram<string>('plain-messages-api.ts', { task: null })
  const upstreamUrl = await api.next()
  const gateway = await startGateway(settings, { upstreamUrl, keepsBooks: true })
  const plain = await startGateway(settings, { upstreamUrl, keepsBooks: false })
  const rows: Row[] = []
  try {
    for (const peer of peers) {
      settings.progress('a peer starts')
      const place = { folder, scratch: settings.scratch, upstreamUrl }
      rows.push(...(await compare({ peer, place, gateway, plain }, settings)))
    }
    return {
      title: 'Model gateway beside others',
      about: `In the column “bare” stands the other gateway, as it comes, without metering, budgets or a log; Perdure stands there without them and with them. Portkey 1.15.2 cannot stream on Node. ${surroundings}`,
      rows,
    }
  } finally {
    await plain.end()
    await gateway.end()
    await api.end()
  }
}

interface Comparison {
  readonly peer: Peer
  readonly place: PeerPlace
  readonly gateway: RunningGateway
  /** The same without metering, budget and log, as the others are. */
  readonly plain: RunningGateway
}

async function compare({ peer, place, gateway, plain }: Comparison, settings: BenchSettings): Promise<Row[]> {
  const running = await peer.start(place)
  const client = createMessagesClient(running)
  const bare = { name: running.name, client }
  const perdure = { name: 'Perdure with books', client: gateway.client }
  try {
    const alike = { name: 'Perdure without books', client: plain.client }
    const rows = [
      ...(await compareWays({ bare, perdure: alike, goals: peer.goals, streams: false }, settings)),
      ...(await compareWays({ bare, perdure, goals: {}, streams: running.streams }, settings)),
    ]
    if (!running.streams) return rows
    return [...rows, await measureMemory({ running, client, gateway }, settings)]
  } finally {
    client.close()
    await running.end()
  }
}

async function measureMemory(
  { running, client, gateway }: { running: PeerGateway; client: MessagesClient; gateway: RunningGateway },
  { progress }: BenchSettings,
): Promise<Row> {
  progress(`memory with ${streamsAtOnce} streams`)
  return {
    what: `resident memory with ${streamsAtOnce} streams under way`,
    unit: 'MB',
    bare: { name: running.name, values: [await memoryWhileStreaming(client, running.pid)] },
    perdure: { name: 'Perdure', values: [await memoryWhileStreaming(gateway.client, gateway.pid)] },
  }
}

async function memoryWhileStreaming(client: MessagesClient, pid: number): Promise<number> {
  const body = messagesRequest({ bytes: 60_000, answer: 'paced' })
  const streams = Promise.all(Array.from({ length: streamsAtOnce }, () => client.send(body)))
  let largestMb = 0
  let isOver = false
  void streams.finally(() => (isOver = true)).catch(() => {})
  while (!isOver) {
    largestMb = Math.max(largestMb, (await memoryOf(pid)).rssMb)
    await sleep(100)
  }
  await streams
  return largestMb
}
