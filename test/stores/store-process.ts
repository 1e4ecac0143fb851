// A process of its own that works on a storage and tells on standard output, line by line, what was acknowledged.
import type { SessionId } from '../../src/domain/ids.ts'
import type { EventDraft } from '../../src/domain/session-event.ts'
import { ownerOfThisProcess } from '../../src/stores/leases/process-liveness.ts'
import { codeOf, sampleEvent, scopeA } from '../../src/testing/contract-samples.ts'
import { openPlace, type StoragePlace } from './storage-place.ts'

/** One line of output. A line is written whole before the next statement runs, so a kill loses none. */
export type ProcessReport =
  | { kind: 'ready'; fence: number }
  | { kind: 'event'; id: string; sequence: number }
  | { kind: 'entry'; uuid: string }
  | { kind: 'refused'; codes: unknown[] }

export interface ProcessTask {
  readonly do: 'append' | 'drive' | 'wake-up-stale'
  readonly place: StoragePlace
  readonly sessionId: SessionId
  readonly agentSessionId: string
  readonly count: number
}

const report = (line: ProcessReport) => process.stdout.write(`${JSON.stringify(line)}\n`)

if (import.meta.main) await work(JSON.parse(process.argv[2]!) as ProcessTask)

async function work(task: ProcessTask): Promise<void> {
  const storage = await openPlace(task.place)
  const stores = storage.workspace(scopeA)
  const append = async (drafts: EventDraft[], fence: number) => {
    const appended = await stores.events.append(task.sessionId, drafts, { fence })
    for (const { id, sequence } of appended) report({ kind: 'event', id, sequence })
  }
  const mirror = async (fence: number) => {
    const entry = { uuid: crypto.randomUUID(), text: 'x'.repeat(500) }
    const options = { sessionId: task.sessionId, fence }
    await stores.transcripts.append({ agentSessionId: task.agentSessionId }, [entry], options)
    report({ kind: 'entry', uuid: entry.uuid })
  }

  if (task.do === 'append') {
    report({ kind: 'ready', fence: 0 })
    for (let index = 0; index < task.count; index++) await append([sampleEvent(`from ${process.pid}`)], 0)
  }
  if (task.do === 'drive') {
    const owner = ownerOfThisProcess(`run-${process.pid}`)
    const { fence } = await stores.leases.acquire(task.sessionId, { owner, ttlMs: 3_600_000 })
    report({ kind: 'ready', fence })
    const sizes = [100, 3_000, 90_000]
    for (let round = 0; round < task.count; round++) {
      const text = 'x'.repeat(sizes[round % sizes.length]!)
      await Promise.all([
        append([sampleEvent(text)], fence),
        mirror(fence),
        append([sampleEvent(), sampleEvent()], fence),
      ])
    }
  }
  if (task.do === 'wake-up-stale') {
    const owner = ownerOfThisProcess(`run-${process.pid}`)
    const lease = await stores.leases.acquire(task.sessionId, { owner, ttlMs: 50 })
    await mirror(lease.fence)
    report({ kind: 'ready', fence: lease.fence })
    // Goes on when its standard input ends; meanwhile another takes the session over.
    for await (const _ of process.stdin) continue
    const { fence } = lease
    report({
      kind: 'refused',
      codes: await Promise.all([
        codeOf(append([sampleEvent()], fence)),
        codeOf(mirror(fence)),
        codeOf(stores.sessions.update(task.sessionId, { title: 'stale', fence })),
        codeOf(stores.leases.renew(lease, { ttlMs: 1000 })),
      ]),
    })
  }
  await storage.close()
}
