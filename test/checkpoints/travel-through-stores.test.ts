import * as fs from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { openCheckpoints } from '../../src/checkpoints/open-checkpoints.ts'
import { withCheckpointsIn } from '../../src/compose/storage/with-checkpoints-in.ts'
import { newSessionId } from '../../src/domain/ids.ts'
import { PostgresStorage, S3Storage } from '../../src/index.ts'
import type { StorageSource } from '../../src/ports/storage.ts'
import { scopeA } from '../../src/testing/contract-samples.ts'
import { differencesBetween, snapshotTree } from '../proofs/snapshot-tree.ts'
import { requires, type RequirementName } from '../support/require.ts'
import { S3Server } from '../support/s3-server.ts'
import { scratchFolder } from '../support/scratch.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'

const snapshot = (root: string) => snapshotTree(root, { isUnsaved: () => false })

/** A machine: its own folders, its own connection to the common store. */
async function machine(storage: StorageSource) {
  const scratch = scratchFolder()
  const [root, folder] = [join(scratch, 'tree'), join(scratch, 'checkpoints')]
  fs.mkdirSync(root)
  const checkpoints = openCheckpoints({ root, folder })
  const { checkpoints: store } = (await storage.open()).workspace(scopeA)
  onTestFinished(async () => {
    await checkpoints.close()
    await storage.close()
  })
  return { root, checkpoints, store }
}

const places: readonly [string, readonly RequirementName[], () => Promise<() => StorageSource>][] = [
  [
    'PostgreSQL',
    [],
    async () => {
      const options = { url: await sharedPostgresUrl(), schema: freshSchema() }
      return () => new PostgresStorage(options)
    },
  ],
  [
    'S3, beside PostgreSQL',
    ['s3'],
    async () => {
      const { endpoint, credentials } = await startS3()
      const place = { url: await sharedPostgresUrl(), schema: freshSchema() }
      return () =>
        withCheckpointsIn(new PostgresStorage(place), new S3Storage({ bucket: 'packs', endpoint, credentials }))
    },
  ],
  [
    'S3 that breaks connections, is overloaded and loses answers',
    ['s3'],
    async () => {
      const server = await startS3()
      const { endpoint, credentials } = server
      const overload = { status: 503, code: 'SlowDown' }
      return () => {
        server.failNext('PUT', 'forget', overload, 'cut', 'forget')
        server.failNext('GET', 'truncate', 'damage', overload, 'cut')
        return new S3Storage({ bucket: 'packs', endpoint, credentials })
      }
    },
  ],
]

async function startS3(): Promise<S3Server> {
  const server = await S3Server.start()
  onTestFinished(() => server.close())
  return server
}

for (const [name, needs, common] of places) {
  requires(...needs).test(`a work tree goes from one machine to another through ${name}`, async () => {
    const connect = await common()
    const [here, there] = [await machine(connect()), await machine(connect())]
    const sessionId = newSessionId()
    fs.mkdirSync(join(here.root, 'empty'))
    fs.writeFileSync(join(here.root, 'large'), randomBytes(5 * 2 ** 20 + 1))
    fs.symlinkSync('large', join(here.root, 'link'))
    const first = await here.checkpoints.saveCheckpoint()
    await here.checkpoints.sendCheckpoint(first.id, { store: here.store, sessionId })
    fs.appendFileSync(join(here.root, 'large'), 'more')
    fs.writeFileSync(join(here.root, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
    const second = await here.checkpoints.saveCheckpoint({ parent: first.id })
    await here.checkpoints.sendCheckpoint(second.id, { store: here.store, sessionId })

    await there.checkpoints.fetchCheckpoint(second.id, { store: there.store, sessionId })
    await there.checkpoints.restoreCheckpoint(second.id)
    expect(differencesBetween(snapshot(here.root), snapshot(there.root))).toEqual([])
    expect((await there.store.listRecords(sessionId)).map(({ id }) => id)).toEqual([first.id, second.id])
  })
}
