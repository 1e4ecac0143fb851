// Saves a folder again and again, while others do the same; says what it saved, and what of that it could not find.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWorkTrees } from '../../../src/checkpoints/open-work-trees.ts'
import { WorkTreeThreads } from '../../../src/checkpoints/worker/work-tree-threads.ts'
import { newSessionId } from '../../../src/domain/ids.ts'
import { defaultScope } from '../../../src/ports/storage.ts'
import { MemoryCheckpointStore } from '../../../src/stores/memory/checkpoint-store.ts'
import type { CheckpointId } from '../../../src/domain/checkpoint-id.ts'

interface Work {
  readonly root: string
  readonly folder: string
  readonly dataDirectory: string
  readonly writer: number
  readonly saves: number
}

const { root, folder, dataDirectory, writer, saves } = JSON.parse(process.argv[2] ?? '') as Work
const threads = new WorkTreeThreads()
const store = new MemoryCheckpointStore()
const trees = openWorkTrees({ folder, dataDirectory, scope: defaultScope, store, threads })
const sessionId = newSessionId()
const tree = trees.open({ sessionId, root })
const own = `writer-${writer}.txt`
const ids: CheckpointId[] = []
for (let save = 1; save <= saves; save++) {
  writeFileSync(join(root, own), `${writer}: ${save}\n`)
  const { id } = await tree.save({ parent: ids.at(-1) ?? null })
  ids.push(id)
}
const missing: CheckpointId[] = []
for (const [place, id] of ids.entries()) {
  if ((await store.getRecord(sessionId, id)) === null) missing.push(id)
  const before = ids[place - 1]
  if (before === undefined) continue
  const { changes } = await tree.changes(before, id, { limit: 10 })
  if (!changes.some(({ path }) => path === own)) missing.push(id)
}
await threads.close()
process.stdout.write(JSON.stringify({ ids, missing }))
