// A thread in which DBOS starts under a name, does what it does at its start, and stops: see brief-start.ts.
import { workerData } from 'node:worker_threads'
import type { BriefStart } from './brief-start.ts'
import { configurationOf } from './dbos-configuration.ts'
import { dbosPlace } from './dbos-place.ts'
import { loadDbos } from './load-dbos.ts'

const { url, schema, nodeId, runMigrations } = workerData as BriefStart
const place = dbosPlace({ url, schema }, await loadDbos())
const { DBOS } = place.sdk
// Listens to no queue: it puts back, and takes nothing.
DBOS.setConfig({ ...configurationOf(place, nodeId), listenQueues: [], runMigrations })
try {
  await DBOS.launch()
  await DBOS.shutdown()
} finally {
  await place.pool.end()
}
