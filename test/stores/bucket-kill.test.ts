import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { LoggedEvent } from '../../src/domain/session-event.ts'
import type { WorkspaceStores } from '../../src/ports/storage.ts'
import { openFilesystemStorage } from '../../src/stores/filesystem/open-filesystem-storage.ts'
import { newSession, scopeA } from '../../src/testing/contract-samples.ts'
import { amountsOf, sampleAccount, sampleLimit } from '../../src/testing/ledger-samples.ts'
import type { BucketReport, BucketTask } from './bucket-process.ts'
import { seededRandom } from './start-process.ts'
import { temporaryDirectories } from './temporary-directory.ts'

/** For a long proof: PERDURE_STORE_KILLS=1000, and PERDURE_STORE_SEED to see others than the usual moments. */
const kills = Number(process.env['PERDURE_STORE_KILLS'] ?? 20)
const seed = Number(process.env['PERDURE_STORE_SEED'] ?? 1)
const atOnce = 3
const longestLife = 150
const limit = sampleLimit({ limitNanoUsd: 4_000n })

const newDirectory = temporaryDirectories()
const program = fileURLToPath(new URL('./bucket-process.ts', import.meta.url))

it(
  `keeps all promises over ${kills} processes, ${atOnce} at once, each killed between two bucket operations`,
  async () => {
    const random = seededRandom(seed)
    const folder = newDirectory()
    const storage = await openFilesystemStorage({ folder })
    const stores = storage.workspace(scopeA)
    const shared = {
      folder,
      open: await newSession(stores),
      driven: await newSession(stores),
      agentSessionId: crypto.randomUUID(),
      account: sampleAccount(),
    }
    await stores.ledger.setBudget(limit)
    const told: BucketReport[] = []
    let started = 0
    const worker = async (): Promise<void> => {
      while (started < kills) {
        const task = { ...shared, seed: seed * 10_000 + started++, operations: 1 + Math.floor(random() * longestLife) }
        told.push(...(await live(task)))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    await checkOpen(stores, shared, told)
    await checkDriven(stores, shared, told)
    await checkLedger(stores, told)
    await storage.close()
  },
  60_000 + kills * 3_000,
)

/** Lives the task to its kill. */
async function live(task: BucketTask): Promise<BucketReport[]> {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  await once(child, 'close')
  expect({ stderr, signal: child.signalCode }).toEqual({ stderr: '', signal: 'SIGKILL' })
  return stdout
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as BucketReport)
}

async function checkOpen(stores: WorkspaceStores, { open, agentSessionId }: Shared, told: readonly BucketReport[]) {
  const logged = await stores.events.read(open)
  expectNumbered(logged)
  const sequenceById = new Map<string, number>(logged.map(({ id, sequence }) => [id, sequence]))
  expect(sequenceById.size).toBe(logged.length)
  const events = told.filter((report) => report.kind === 'event')
  expect(events.filter(({ id, sequence }) => sequenceById.get(id) !== sequence)).toEqual([])
  expect(events.length).toBeGreaterThan(kills)

  const waiting: string[] = (await stores.inbox.list(open)).map(({ input }) => input.id)
  expect(new Set(waiting).size).toBe(waiting.length)
  expect(told.filter((report) => report.kind === 'input' && !waiting.includes(report.id))).toEqual([])

  const uuids = ((await stores.transcripts.load({ agentSessionId })) ?? []).map((entry) => entry['uuid'])
  expect(new Set(uuids).size).toBe(uuids.length)
  expect(told.filter((report) => report.kind === 'entry' && !uuids.includes(report.uuid))).toEqual([])
}

async function checkDriven(stores: WorkspaceStores, { driven }: Shared, told: readonly BucketReport[]) {
  const logged = await stores.events.read(driven)
  expectNumbered(logged)
  const fences = logged.map((event) => Number((event as unknown as { content: { text: string }[] }).content[0]!.text))
  expect(fences).toEqual(fences.toSorted((left, right) => left - right))
  const given = told.flatMap((report) => (report.kind === 'lease' ? [report.fence] : []))
  expect(new Set(given).size).toBe(given.length)
  expect(given.length).toBeGreaterThan(0)
}

async function checkLedger({ ledger }: WorkspaceStores, told: readonly BucketReport[]) {
  const [spent, presumed, reserved] = await amountsOf(ledger)
  expect(reserved).toBe(0n)
  expect(spent + presumed).toBeLessThanOrEqual(limit.limitNanoUsd)
  const acknowledged = told.reduce((sum, report) => sum + (report.kind === 'settled' ? report.cost : 0), 0)
  expect(acknowledged).toBeGreaterThan(0)
  expect(Number(spent)).toBeGreaterThanOrEqual(acknowledged)
  expect(await ledger.costs()).toMatchObject([{ costNanoUsd: spent, presumedNanoUsd: presumed }])
}

type Shared = Pick<BucketTask, 'open' | 'driven' | 'agentSessionId'>

const expectNumbered = (logged: readonly LoggedEvent[]): void =>
  expect(logged.map(({ sequence }) => sequence)).toEqual(logged.map((_, index) => index + 1))
