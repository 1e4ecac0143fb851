import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makePrivateFolder } from './make-private-folder.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'perdure-test-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('makes what is missing, for its owner alone, and names the first it made', () => {
  const deepest = join(root, 'a b', 'ü', 'c')
  expect(makePrivateFolder(deepest)).toBe(join(root, 'a b'))
  expect(statSync(deepest).mode & 0o777).toBe(0o700)
  expect(makePrivateFolder(deepest)).toBeUndefined()
})

test('a file in the way is an error', () => {
  writeFileSync(join(root, 'file'), '')
  expect(() => makePrivateFolder(join(root, 'file'))).toThrow('EEXIST')
  expect(() => makePrivateFolder(join(root, 'file', 'below'))).toThrow('ENOTDIR')
})

test.skipIf(!existsSync('/proc/self'))('where the system has no place for folders, it says so and returns', () => {
  expect(() => makePrivateFolder('/proc/perdure')).toThrow('ENOENT')
  expect(() => makePrivateFolder('/proc/perdure/below')).toThrow('ENOENT')
})
