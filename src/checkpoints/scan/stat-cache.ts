import { lstatSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeDurably } from '../objects/write-durably.ts'
import type { SavedDirectory, SavedEntry } from './saved-tree.ts'

/** What the last scan found, for the next one; kept beside the objects. Losing it costs time and nothing else. */
export interface StatCache {
  readonly root: SavedDirectory
  /** Files whose status changed before are known by their numbers. */
  readonly trustedUntilNs: bigint
}

const header = z.tuple([z.literal(1), z.string(), z.string()])

type Row = [name: string, id: string, ...rest: (string | number | Row[])[]]

/** Only for the very folder that it was made of. */
export function readStatCache(file: string, root: string): StatCache | undefined {
  try {
    const [first, rows] = JSON.parse(readFileSync(file, 'latin1')) as [unknown, Row]
    const [, folder, trustedUntilNs] = header.parse(first)
    if (folder !== folderKey(root)) return undefined
    const entry = parseRow(rows)
    if (entry.type !== 'directory') return undefined
    return { root: entry.directory, trustedUntilNs: BigInt(trustedUntilNs) }
  } catch {
    return undefined
  }
}

export function writeStatCache(file: string, { cache, root }: { cache: StatCache; root: string }): void {
  const rows = rowOf('', { type: 'directory', directory: cache.root })
  const text = JSON.stringify([[1, folderKey(root), String(cache.trustedUntilNs)], rows])
  writeDurably(file, Buffer.from(text, 'latin1'))
}

const folderKey = (root: string): string => {
  const { dev, ino } = lstatSync(`${root}/.`, { bigint: true })
  return `${dev}:${ino}`
}

function rowOf(name: string, entry: SavedEntry): Row {
  if (entry.type === 'directory') {
    const { id, mode, entries } = entry.directory
    return [name, id, mode, Array.from(entries, ([child, childEntry]) => rowOf(child, childEntry))]
  }
  const { ino, size, mtimeNs, ctimeNs, mode } = entry.stat
  return [name, entry.id, entry.type, ...[ino, size, mtimeNs, ctimeNs, mode].map(String)]
}

function parseRow([, id, third, ...rest]: Row): SavedEntry {
  if (typeof third === 'number') {
    const entries = new Map((rest[0] as Row[]).map((row) => [row[0], parseRow(row)]))
    return { type: 'directory', directory: { id, mode: third, entries } }
  }
  const [ino, size, mtimeNs, ctimeNs, mode] = (rest as string[]).map(BigInt) as [bigint, bigint, bigint, bigint, bigint]
  return { type: third as 'file' | 'large_file' | 'link', id, stat: { ino, size, mtimeNs, ctimeNs, mode } }
}
