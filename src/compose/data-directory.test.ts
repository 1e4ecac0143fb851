import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DataDirectory } from './data-directory.ts'

it('is opened again after it could not be opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-test-'))
  const path = join(folder, 'data')
  writeFileSync(path, 'in the way')
  const directory = new DataDirectory(path)
  await expect(directory.open()).rejects.toMatchObject({ code: 'storage_failed' })
  rmSync(path)
  expect((await directory.open()).description).toContain(path)
  await directory.close()
  rmSync(folder, { recursive: true })
})
