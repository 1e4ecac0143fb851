import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newRunId } from '../domain/ids.ts'
import { createPrivateFolder, reapPrivateFolders } from './private-folders.ts'

it('removes the folders of runs whose process is gone, and no others', async () => {
  const mine = await createPrivateFolder(newRunId())
  const owner = JSON.parse(readFileSync(join(dirname(mine.path), 'owner.json'), 'utf8')) as Record<string, unknown>
  const plant = (text: string | null): string => {
    const place = mkdtempSync(join(tmpdir(), `perdure-${newRunId()}-`))
    onTestFinished(() => rmSync(place, { recursive: true, force: true }))
    mkdirSync(join(place, 'config'))
    if (text !== null) writeFileSync(join(place, 'owner.json'), text)
    return place
  }
  const dead = plant(JSON.stringify({ ...owner, processId: 2 ** 22 + 1 }))
  const elsewhere = plant(JSON.stringify({ ...owner, host: 'elsewhere', processId: 2 ** 22 + 1 }))
  const unclear = [plant(null), plant('not JSON')]
  expect(await reapPrivateFolders()).toBeGreaterThanOrEqual(1)
  expect(existsSync(dead)).toBe(false)
  expect([mine.path, elsewhere, ...unclear].every((place) => existsSync(place))).toBe(true)
  await mine.remove()
  expect(existsSync(dirname(mine.path))).toBe(false)
})
