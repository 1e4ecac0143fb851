import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeDurably } from './write-durably.ts'

test('what cannot be written leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-write-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const unwritable = Symbol('no bytes') as unknown as Uint8Array
  await expect(writeDurably(join(folder, 'file'), unwritable)).rejects.toThrow('Symbol')
  expect(readdirSync(folder)).toEqual([])
})
