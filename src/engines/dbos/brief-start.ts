import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { DbosPlace } from './dbos-place.ts'

/** What the thread is to do. */
export interface BriefStart {
  readonly url: string
  readonly schema: string
  readonly nodeId: string
  readonly runMigrations: boolean
}

/**
 * Puts back into the queue what a node had begun that is dead or has let go of it. DBOS does that for its own node when
 * it starts, and it stands once in a process: so it is started under the other’s name in a thread, and stopped again.
 */
export const recoverNode = (place: DbosPlace, nodeId: string): Promise<void> =>
  startBriefly(place, { nodeId, runMigrations: false })

/** Makes the tables of DBOS, which it does when it starts. */
export const migrateDbos = (place: DbosPlace): Promise<void> =>
  startBriefly(place, { nodeId: 'migration', runMigrations: true })

async function startBriefly(
  { url, schema }: DbosPlace,
  what: Pick<BriefStart, 'nodeId' | 'runMigrations'>,
): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const workerData: BriefStart = { url, schema, ...what }
  const thread = new Worker(new URL(`./brief-start-thread.${extension}`, import.meta.url), { workerData })
  // Rejects with what the thread threw.
  const [code] = (await once(thread, 'exit')) as [number]
  if (code !== 0) throw new Error(`DBOS could not be started for ${what.nodeId}: exit ${code}`)
}
