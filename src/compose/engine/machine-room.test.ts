import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { machineRoom } from './machine-room.ts'

const mebibytes = (count: number): string => String(count * 2 ** 20)

/** A machine whose kernel says this of its control groups. */
function roomWith(groups: Record<string, Record<string, string>>, ownGroup = '/') {
  const controlGroups = mkdtempSync(join(tmpdir(), 'perdure-groups-'))
  onTestFinished(() => rmSync(controlGroups, { recursive: true, force: true }))
  for (const [group, files] of Object.entries(groups)) {
    mkdirSync(join(controlGroups, group), { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(controlGroups, group, name), `${text}\n`)
  }
  return machineRoom({ controlGroups, ownGroup })
}

describe('the room of a machine', () => {
  it('is that of its cores where nothing limits it, and never less than one agent', () => {
    const { slots } = roomWith({})
    expect(slots).toBeGreaterThanOrEqual(1)
    expect(slots).toBeLessThanOrEqual(availableParallelism() * 2)
    expect(roomWith({ '.': { 'memory.max': mebibytes(64), 'cpu.max': '10000 100000' } }).slots).toBe(1)
  })

  it('knows limits of its own group and of those above it', () => {
    expect(roomWith({ '.': { 'memory.max': mebibytes(900), 'cpu.max': 'max 100000' } }).slots).toBe(2)
    const nested = { a: { 'memory.max': mebibytes(900) }, 'a/b': { 'memory.max': 'max', 'cpu.max': 'max 100000' } }
    expect(roomWith(nested, '/a/b').slots).toBe(2)
    expect(roomWith({ '.': { 'cpu.max': '50000 100000' } }).slots).toBe(1)
  })

  it('has none for another agent while the memory that is left goes to those that have just begun', () => {
    const memory = {
      'memory.max': mebibytes(1_000),
      'memory.current': mebibytes(700),
      'memory.stat': 'inactive_file 0',
    }
    const full = roomWith({ '.': memory })
    expect(full.hasRoom(), 'the first').toBe(true)
    const leave = full.use()
    expect(full.hasRoom()).toBe(false)
    leave()
    expect(full.hasRoom()).toBe(true)
  })

  it('counts the cache of files as free', () => {
    const cached = {
      'memory.max': mebibytes(2_000),
      'memory.current': mebibytes(1_900),
      'memory.stat': `anon 1\ninactive_file ${mebibytes(1_800)}`,
    }
    const room = roomWith({ '.': cached })
    room.use()
    expect(room.hasRoom()).toBe(true)
    room.use()
    room.use()
    room.use()
    expect(room.hasRoom()).toBe(false)
  })
})
