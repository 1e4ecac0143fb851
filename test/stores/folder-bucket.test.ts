import { readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FolderBucket } from '../../src/stores/filesystem/folder-bucket.ts'
import { pathOfKey } from '../../src/stores/filesystem/object-path.ts'
import { openFilesystemStorage } from '../../src/stores/filesystem/open-filesystem-storage.ts'
import { objectName } from '../../src/stores/objects/object-name.ts'
import { codeOf, newSession, sampleEvents } from '../../src/testing/contract-samples.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()

const entriesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
    isFile: entry.isFile(),
    path: join(entry.parentPath, entry.name),
  }))

it('leaves nothing on the disk that others may read', async () => {
  const folder = newDirectory()
  const storage = await openFilesystemStorage({ folder })
  const stores = storage.workspace({ organizationId: '../../out', workspaceId: '/etc' })
  await stores.events.append(await newSession(stores), sampleEvents(2), { fence: 0 })
  await storage.close()
  const found = entriesBelow(folder)
  expect(found.filter(({ isFile }) => isFile).length).toBeGreaterThan(0)
  for (const { isFile, path } of [{ isFile: false, path: folder }, ...found]) {
    expect([path, statSync(path).mode & 0o777]).toEqual([path, isFile ? 0o600 : 0o700])
  }
  expect(found.map(({ path }) => path).filter((path) => path.endsWith('.tmp'))).toEqual([])
})

it('gives each key a path of its own below the folder, also where case does not count', () => {
  const part = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constantFrom('.', '..', '', 'CON', 'a', 'A'),
  )
  const key = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(key, key, (one, other) => {
      const path = pathOfKey(one)
      expect(resolve('/bucket', path).startsWith('/bucket/')).toBe(true)
      for (const name of path.split('/')) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
      if (one !== other) expect(pathOfKey(other).toLowerCase()).not.toBe(path.toLowerCase())
    }),
  )
})

it('gives each text a name of its own, which begins as the names of its beginnings do', () => {
  // Halves of characters too.
  const units = fc.array(fc.nat(0xffff), { maxLength: 60 }).map((all) => String.fromCharCode(...all))
  const text = fc.oneof(units, fc.constantFrom('..', '/', '\ud800', '\ud801', ''))
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(objectName(one)).toMatch(/^[A-Za-z0-9_%~-]{1,230}$/)
      if (one !== other) expect(objectName(one)).not.toBe(objectName(other))
    }),
  )
})

it('clears away what writers left that were killed a day ago, and nothing of those who write now', async () => {
  const folder = newDirectory()
  await new FolderBucket(folder).open()
  const [old, fresh] = ['old.tmp', 'fresh.tmp'].map((name) => join(folder, 'temporary', name))
  for (const file of [old!, fresh!]) writeFileSync(file, 'x')
  utimesSync(old!, new Date(0), new Date(0))
  await new FolderBucket(folder).open()
  expect(readdirSync(join(folder, 'temporary'))).toEqual(['fresh.tmp'])
})

it('does not take foreign files for objects', async () => {
  const folder = newDirectory()
  const bucket = new FolderBucket(folder)
  await bucket.open()
  await bucket.create('a/b', Buffer.from('x'))
  for (const name of ['.DS_Store', 'README.md', 'b.o~', 'Z.o', '%zz.o'])
    await writeFile(join(folder, 'objects', 'a', name), '')
  await mkdir(join(folder, 'objects', '.snapshot'))
  expect(await bucket.list('')).toEqual(['a/b'])
})

it('says where it cannot work', async () => {
  const folder = newDirectory()
  await mkdir(folder, { recursive: true })
  writeFileSync(join(folder, 'file'), '')
  expect(await codeOf(openFilesystemStorage({ folder: join(folder, 'file') }))).toBe('storage_failed')
  symlinkSync(join(folder, 'nowhere', 'at', 'all'), join(folder, 'dangling'))
  await expect(openFilesystemStorage({ folder: join(folder, 'dangling') })).rejects.toMatchObject({
    code: 'storage_failed',
    details: { place: expect.stringContaining('dangling') },
  })
})
