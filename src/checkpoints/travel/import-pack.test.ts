import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { PackName } from '../../domain/checkpoint-id.ts'
import { encodeTree, type ObjectType, type TreeMode } from '../objects/git-object.ts'
import { ObjectStore } from '../objects/object-store.ts'
import { encodeEntry, encodePack } from '../objects/pack.ts'
import { importPack } from './import-pack.ts'

function emptyStore(): ObjectStore {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-objects-'))
  const store = new ObjectStore(folder)
  onTestFinished(() => {
    store.close()
    rmSync(folder, { recursive: true })
  })
  return store
}

const nameOf = (pack: Buffer): PackName => `pack-${pack.subarray(-20).toString('hex')}` as PackName
const importInto = (store: ObjectStore, pack: Buffer, maxInflatedBytes = 10_000_000): void =>
  importPack(store, { name: nameOf(pack), pack, maxInflatedBytes })
const invalid = expect.objectContaining({ code: 'checkpoint_invalid' })
const packOf = (...objects: readonly (readonly [ObjectType, Buffer])[]): Buffer =>
  encodePack(objects.map(([type, data]) => encodeEntry(type, data).bytes))

test('what one store wrote another reads, byte for byte', () => {
  const [from, to] = [emptyStore(), emptyStore()]
  const blobs = fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(blobs, (datas) => {
      const ids = datas.map((data) => from.put('blob', data))
      for (const name of from.flush()) importPack(to, { name, pack: from.readPack(name), maxInflatedBytes: 1e7 })
      for (const [place, id] of ids.entries()) {
        expect(from.read(id, 'blob').equals(datas[place]!)).toBe(true)
        expect(to.read(id, 'blob').equals(datas[place]!)).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})

test('no single changed byte passes', () => {
  const pack = packOf(['blob', Buffer.from('some content')], ['tree', encodeTree([])])
  for (let place = 0; place < pack.length; place++) {
    const damaged = Buffer.from(pack)
    damaged[place]! ^= 0x10
    const store = emptyStore()
    expect(() => importPack(store, { name: nameOf(pack), pack: damaged, maxInflatedBytes: 1e6 })).toThrow(invalid)
  }
})

test.each(['..', '.', '.git', 'a/b', '.GIT', '%', '%=a'])('a tree with the name %j is refused', (name) => {
  const tree = encodeTree([{ mode: '100644', name, id: '0'.repeat(40) }])
  const store = emptyStore()
  expect(() => importInto(store, packOf(['tree', tree]))).toThrow(invalid)
  expect(store.hasPack(nameOf(packOf(['tree', tree])))).toBe(false)
})

test.each(['160000', '100664', '040000', ''])('a tree with the mode %j is refused', (mode) => {
  const tree = encodeTree([{ mode: mode as TreeMode, name: 'a', id: '0'.repeat(40) }])
  expect(() => importInto(emptyStore(), packOf(['tree', tree]))).toThrow(invalid)
})

test('a commit that is not ours is refused', () => {
  const commit = Buffer.from(`tree ${'0'.repeat(40)}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n`)
  expect(() => importInto(emptyStore(), packOf(['commit', commit]))).toThrow(invalid)
})

test('what inflates to more than it says, or to more than is allowed, is refused', () => {
  const bomb = encodePack([Buffer.concat([Buffer.of(0x35), deflateSync(Buffer.alloc(1_000_000))])])
  expect(() => importInto(emptyStore(), bomb)).toThrow(invalid)
  expect(() => importInto(emptyStore(), packOf(['blob', Buffer.alloc(2000)]), 1999)).toThrow(invalid)
  expect(() => importInto(emptyStore(), packOf(['blob', Buffer.alloc(2000)]), 2000)).not.toThrow()
})

test('a delta is refused', () => {
  const delta = encodePack([Buffer.concat([Buffer.of(0x71), Buffer.alloc(20), deflateSync(Buffer.alloc(1))])])
  expect(() => importInto(emptyStore(), delta)).toThrow(invalid)
})
