import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { newSessionId, type SessionId } from '../../src/domain/ids.ts'
import type { WorkspaceStores } from '../../src/ports/storage.ts'
import { exportSession } from '../../src/runtime/travel/export-session.ts'
import { importSession, type ImportRequest } from '../../src/runtime/travel/import-session.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { codeOf, sampleOwner, scopeA } from '../../src/testing/contract-samples.ts'
import { sampleAccount, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { temporaryDirectories } from '../stores/temporary-directory.ts'
import { budgetOf, everythingOf, writeSampleSession } from './travelled-session.ts'

const newDirectory = temporaryDirectories()
const newStores = (): WorkspaceStores => openMemoryStorage().workspace(scopeA)

async function exported(
  stores: WorkspaceStores,
  { sessionId, ...more }: { sessionId: SessionId; withFiles?: boolean; isRedacted?: boolean },
): Promise<string> {
  const folder = newDirectory()
  mkdirSync(folder)
  const path = join(folder, 'session.tar.gz')
  await exportSession(stores, {
    sessionId,
    withFiles: true,
    isRedacted: false,
    leaseOwner: () => sampleOwner(),
    leaseTtlMs: 60_000,
    keep: (archive) => pipeline(archive, createWriteStream(path)),
    ...more,
  })
  return path
}

const imported = (stores: WorkspaceStores, path: string, change: Partial<ImportRequest> = {}) =>
  importSession(stores, { path, newId: null, workingDirectory: null, ...change })

test('a session goes through one file and is the same', async () => {
  const [from, to] = [newStores(), newStores()]
  const sessionId = await writeSampleSession(from)
  const path = await exported(from, { sessionId })
  const before = await everythingOf(from, sessionId)
  const { record, canGoOn } = await imported(to, path)
  expect(canGoOn).toBe(true)
  expect(record.id).toBe(sessionId)
  expect(await everythingOf(to, sessionId)).toEqual(before)
  expect(await everythingOf(from, sessionId)).toEqual(before)
  expect(await budgetOf(to, sessionId)).toEqual([100n, 30n, 20n])
  expect(await codeOf(imported(to, path))).toBe('session_exists')
})

test('ordinary tools open it and check its hashes', async () => {
  const from = newStores()
  const sessionId = await writeSampleSession(from)
  const path = await exported(from, { sessionId })
  const folder = newDirectory()
  mkdirSync(folder)
  execFileSync('tar', ['xzf', path, '-C', folder])
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder })
  expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toMatchObject({
    format: 'perdure-session',
    version: 1,
    session: { id: sessionId, tags: ['b', 'a'] },
  })
  const names = execFileSync('tar', ['tzf', path], { encoding: 'utf8' }).trim().split('\n')
  expect([names[0], names.at(-1)]).toEqual(['manifest.json', 'SHA256SUMS'])
})

describe('a file that is not what it was', () => {
  const refused = async (path: string, code = 'archive_invalid'): Promise<void> => {
    const to = newStores()
    expect(await codeOf(imported(to, path))).toBe(code)
    expect(await to.sessions.list()).toEqual([])
    expect(await to.ledger.costs()).toEqual([])
  }
  const archive = async (): Promise<string> => {
    const from = newStores()
    return exported(from, { sessionId: await writeSampleSession(from) })
  }
  const rewritten = async (change: (tar: Buffer) => Buffer): Promise<string> => {
    const path = await archive()
    writeFileSync(path, gzipSync(change(gunzipSync(readFileSync(path)))))
    return path
  }
  const replaced = (tar: Buffer, from: string, to: string): Buffer => {
    const at = tar.indexOf(from)
    expect(at).toBeGreaterThan(0)
    tar.write(to, at)
    return tar
  }

  test('cut off anywhere', async () => {
    const path = await archive()
    const { length } = readFileSync(path)
    for (const share of [0.999, 0.9, 0.5, 0.1, 0.001]) {
      truncateSync(path, Math.floor(length * share))
      await refused(path)
    }
  })
  test('cut off between two of its files', async () => {
    await refused(
      await rewritten((tar) => Buffer.concat([tar.subarray(0, tar.indexOf('SHA256SUMS')), Buffer.alloc(1024)])),
    )
  })
  test('changed in one letter', async () => {
    await refused(await rewritten((tar) => replaced(tar, 'event 17', 'event 71')))
  })
  /** By somebody who also writes the hashes anew. */
  const forged = (change: (tar: Buffer) => Buffer): Promise<string> =>
    rewritten((tar) => {
      const changed = change(tar)
      const end = changed.indexOf('SHA256SUMS')
      let sums = ''
      for (let at = 0; at < end;) {
        const size = Number.parseInt(changed.toString('latin1', at + 124, at + 136), 8)
        const name = changed.toString('latin1', at, changed.indexOf(0, at))
        const content = changed.subarray(at + 512, at + 512 + size)
        sums += `${createHash('sha256').update(content).digest('hex')}  ${name}\n`
        at += 512 + Math.ceil(size / 512) * 512
      }
      changed.write(sums, end + 512)
      return changed
    })
  test('with a pack that is not what its name says', async () => {
    expect(await codeOf(imported(newStores(), await forged((tar) => tar)))).toBeUndefined()
    await refused(await forged((tar) => replaced(tar, 'aaaaaaaa', 'aaaabaaa')))
  })
  test('with lines that hold nothing', async () => {
    const path = await forged((tar) => {
      const start = tar.indexOf('\n', tar.indexOf('{"agent_session_id"')) + 1
      return tar.fill('\n', start, tar.indexOf('\n', start))
    })
    await refused(path)
  })
  test('changed in an amount', async () => {
    await refused(await rewritten((tar) => replaced(tar, '"costNanoUsd":"10"', '"costNanoUsd":"00"')))
  })
  test('written by a newer version', async () => {
    await refused(await rewritten((tar) => replaced(tar, '"version": 1', '"version": 2')), 'archive_too_new')
  })
  test('of another kind', async () => {
    const path = await archive()
    writeFileSync(path, gzipSync('hello'))
    await refused(path)
    writeFileSync(path, 'hello')
    await refused(path)
    await refused(`${path}.missing`)
    await refused(await rewritten((tar) => replaced(tar, 'perdure-session', 'perdure-picture')))
  })
})

test('under a new id it stands beside the first, as a fork that shares its budget', async () => {
  const stores = newStores()
  const sessionId = await writeSampleSession(stores)
  const path = await exported(stores, { sessionId })
  const newId = newSessionId()
  const { record } = await imported(stores, path, { newId, workingDirectory: '/elsewhere' })
  const { events, transcripts } = await everythingOf(stores, sessionId)
  expect(record).toMatchObject({ id: newId, parent: { sessionId, atSequence: 254 }, workingDirectory: '/elsewhere' })
  expect(record.agentSessionId).not.toBe('after-clear')
  const copied = await stores.events.read(newId)
  expect(copied.map(({ id, sequence, type }) => ({ id, sequence, type }))).toEqual(
    events.map(({ id, sequence, type }) => ({ id, sequence, type })),
  )
  expect(JSON.stringify(copied)).not.toContain(sessionId.slice('sesn_'.length))
  const key = { agentSessionId: record.agentSessionId!, subpath: 'subagents/agent-1' }
  const entries = (await stores.transcripts.load(key))!
  expect(new Set(entries.map((entry) => entry['sessionId']))).toEqual(new Set([record.agentSessionId]))
  expect(entries.map((entry) => entry['text'])).toEqual(
    (transcripts['after-clear/subagents/agent-1'] as { text: string }[]).map(({ text }) => text),
  )
  expect(await stores.checkpoints.listRecords(newId)).toHaveLength(2)
  expect(await stores.inbox.list(newId)).toHaveLength(2)
  // Nothing is counted twice, and the two share what is left: 100 less 30 spent and 20 presumed.
  expect(await budgetOf(stores, sessionId)).toEqual([100n, 30n, 20n])
  const account = sampleAccount({ sessionId: newId, forkedFrom: [sessionId] })
  const request = sampleRequest(account, { wantedNanoUsd: 60n, minimumNanoUsd: 60n })
  expect(await stores.ledger.reserve(request)).toMatchObject({ status: 'refused' })
})

test('redacted, it can be read and not go on', async () => {
  const [from, to] = [newStores(), newStores()]
  const sessionId = await writeSampleSession(from)
  await from.sessions.update(sessionId, { title: 'uses sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789' })
  const path = await exported(from, { sessionId, isRedacted: true })
  const tar = gunzipSync(readFileSync(path)).toString('latin1')
  expect(tar).not.toContain('abcdefghijklmnopqrstuvwxyz')
  expect(tar).not.toContain('transcripts/')
  expect(tar).not.toContain('packs/')
  const { canGoOn, record } = await imported(to, path)
  expect(canGoOn).toBe(false)
  expect(record).toMatchObject({ status: 'terminated', agentSessionId: null })
  expect(await to.events.head(sessionId)).toBe(254)
})

test('without files it has no checkpoints', async () => {
  const [from, to] = [newStores(), newStores()]
  const sessionId = await writeSampleSession(from)
  await imported(to, await exported(from, { sessionId, withFiles: false }))
  const { checkpoints, transcripts } = await everythingOf(to, sessionId)
  expect(checkpoints).toEqual([])
  expect(transcripts['first/']).toHaveLength(7)
})

test('a session that is driven is not exported', async () => {
  const from = newStores()
  const sessionId = await writeSampleSession(from)
  await from.leases.acquire(sessionId, { owner: sampleOwner(2), ttlMs: 60_000 })
  expect(await codeOf(exported(from, { sessionId }))).toBe('lease_held')
})
