// A process that works on a storage in a folder, and kills itself before or after the bucket operation that it is told.
import { writeSync } from 'node:fs'
import type { SessionId } from '../../src/domain/ids.ts'
import { newIdBody } from '../../src/domain/ids.ts'
import type { ObjectBucket } from '../../src/ports/object-bucket.ts'
import type { CallAccount } from '../../src/ports/ledger.ts'
import type { WorkspaceStores } from '../../src/ports/storage.ts'
import { FolderBucket } from '../../src/stores/filesystem/folder-bucket.ts'
import { ownerOfThisProcess } from '../../src/stores/leases/process-liveness.ts'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { sampleEvent, sampleInput, scopeA } from '../../src/testing/contract-samples.ts'
import { sampleCall } from '../../src/testing/ledger-samples.ts'
import { seededRandom } from './start-process.ts'

export interface BucketTask {
  readonly folder: string
  readonly seed: number
  /** Operations until it dies; it ends by itself before that when all is refused. */
  readonly operations: number
  /** Everybody writes to it, without a lease. */
  readonly open: SessionId
  /** Whoever has its lease writes to it. */
  readonly driven: SessionId
  readonly agentSessionId: string
  readonly account: CallAccount
}

/** What was acknowledged, a line each. */
export type BucketReport =
  | { kind: 'event'; id: string; sequence: number }
  | { kind: 'input'; id: string }
  | { kind: 'entry'; uuid: string }
  | { kind: 'lease'; fence: number }
  | { kind: 'settled'; cost: number }

const report = (line: BucketReport): void => void writeSync(1, `${JSON.stringify(line)}\n`)

if (import.meta.main) await work(JSON.parse(process.argv[2]!) as BucketTask)

async function work(task: BucketTask): Promise<void> {
  const random = seededRandom(task.seed)
  const storage = openObjectStorage(mortal(new FolderBucket(task.folder), task, random))
  const stores = storage.workspace(scopeA)
  for (;;) {
    await Promise.all([
      append(stores, task, random),
      append(stores, task, random),
      mirror(stores, task),
      say(stores, task),
      drive(stores, task, random),
      spend(stores, task, random),
    ])
  }
}

/** The bucket until its operations are used up. */
function mortal(bucket: ObjectBucket, { operations }: BucketTask, random: () => number): ObjectBucket {
  let left = operations
  const counted =
    <Given extends unknown[], Result>(operation: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      left -= 1
      const isLast = left === 0
      if (isLast && random() < 0.5) process.kill(process.pid, 'SIGKILL')
      const result = await operation.apply(bucket, given)
      if (isLast) process.kill(process.pid, 'SIGKILL')
      return result
    }
  return {
    description: bucket.description,
    create: counted(bucket.create),
    read: counted(bucket.read),
    list: counted(bucket.list),
    delete: counted(bucket.delete),
    now: () => bucket.now(),
    close: () => bucket.close(),
  }
}

async function append({ events }: WorkspaceStores, { open }: BucketTask, random: () => number): Promise<void> {
  const drafts = [sampleEvent('x'.repeat(random() < 0.2 ? 30_000 : 50)), sampleEvent()]
  for (const { id, sequence } of await events.append(open, drafts, { fence: 0 }))
    report({ kind: 'event', id, sequence })
}

async function mirror({ transcripts }: WorkspaceStores, { agentSessionId, open }: BucketTask): Promise<void> {
  const uuid = crypto.randomUUID()
  await transcripts.append({ agentSessionId }, [{ uuid, text: 'y'.repeat(3_000) }], { sessionId: open })
  report({ kind: 'entry', uuid })
}

async function say({ inbox }: WorkspaceStores, { open }: BucketTask): Promise<void> {
  const input = sampleInput()
  await inbox.put(open, input)
  report({ kind: 'input', id: input.id })
}

/** Takes the session if it can, and writes under which fence it has it. */
async function drive({ leases, events }: WorkspaceStores, { driven }: BucketTask, random: () => number): Promise<void> {
  const owner = ownerOfThisProcess(`run-${process.pid}`)
  const lease = await leases.acquire(driven, { owner, ttlMs: 3_600_000 }).catch(ifCode('lease_held'))
  if (!lease) return
  report({ kind: 'lease', fence: lease.fence })
  await events.append(driven, [sampleEvent(String(lease.fence))], { fence: lease.fence })
  await leases.renew(lease, { ttlMs: 3_600_000 })
  await events.append(driven, [sampleEvent(String(lease.fence))], { fence: lease.fence })
  if (random() < 0.8) await leases.release(lease)
}

async function spend({ ledger }: WorkspaceStores, { account }: BucketTask, random: () => number): Promise<void> {
  const reservationId = `hold_${newIdBody()}`
  const owner = ownerOfThisProcess(`run-${process.pid}`)
  const request = { reservationId, account, wantedNanoUsd: 20n, minimumNanoUsd: 1n, owner, ttlMs: 3_600_000 }
  const answer = await ledger.reserve(request)
  if (answer.status !== 'reserved') return
  const cost = Math.floor(random() * (Number(answer.grantedNanoUsd) + 1))
  await ledger.settle(sampleCall(account, { reservationId, costNanoUsd: BigInt(cost) }))
  report({ kind: 'settled', cost })
}

function ifCode(code: string): (error: unknown) => null {
  return (error) => {
    if ((error as { code?: unknown }).code === code) return null
    throw error
  }
}
