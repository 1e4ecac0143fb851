import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CheckpointId, PackName } from '../../src/domain/checkpoint-id.ts'
import { createSession, SqliteStorage } from '../../src/index.ts'
import { defaultScope } from '../../src/ports/storage.ts'
import { scratchFolder } from '../support/scratch.ts'

const pack = (digit: string) => `pack-${digit.repeat(40)}` as PackName

it('deleting a session removes the packs that were its own, a day after they were last needed', async () => {
  const dataDirectory = scratchFolder()
  const storage = new SqliteStorage({ dataDirectory })
  const { checkpoints } = (await storage.open()).workspace(defaultScope)
  const [deleted, kept] = [await createSession({ storage }), await createSession({ storage })]
  const needs = { [deleted.id]: [pack('a'), pack('b'), pack('c')], [kept.id]: [pack('b')] }
  for (const digit of 'abc') await checkpoints.putPack(pack(digit), Uint8Array.of(1))
  for (const session of [deleted, kept]) {
    const id = `ckpt_${'1'.repeat(40)}` as CheckpointId
    await checkpoints.putRecord(session.id, { id, packs: needs[session.id]!, createdAt: new Date().toISOString() })
  }
  const longAgo = new Date(Date.now() - 25 * 3_600_000)
  for (const digit of 'ab') {
    utimesSync(join(dataDirectory, 'checkpoints/default/default/packs', `${pack(digit)}.pack`), longAgo, longAgo)
  }
  await deleted.delete()
  expect(await checkpoints.missingPacks([pack('a'), pack('b'), pack('c')])).toEqual([pack('a')])
  expect(await checkpoints.listRecords(kept.id)).toHaveLength(1)
  await storage.close()
})
