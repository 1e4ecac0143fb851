import { createHash } from 'node:crypto'
import { PerdureError } from '../../errors/perdure-error.ts'

export type ObjectType = 'commit' | 'tree' | 'blob'

export interface TreeEntry {
  readonly mode: TreeMode
  /** As it is stored: a byte string, escaped. */
  readonly name: string
  readonly id: string
}

export type TreeMode = '40000' | '100644' | '100755' | '120000'

const modes = new Set<string>(['40000', '100644', '100755', '120000'] satisfies TreeMode[])

/** The id that git gives an object. */
export const objectIdOf = (type: ObjectType, data: Uint8Array): string =>
  createHash('sha1').update(`${type} ${data.length}\0`).update(data).digest('hex')

/** Git sorts a folder as if its name ended in a slash. */
const sortKey = ({ mode, name }: TreeEntry): string => (mode === '40000' ? `${name}/` : name)
const byKey = (a: TreeEntry, b: TreeEntry): number => (sortKey(a) < sortKey(b) ? -1 : 1)

export function encodeTree(entries: readonly TreeEntry[]): Buffer {
  const text = entries.toSorted(byKey).map(({ mode, name, id }) => `${mode} ${name}\0${bytesOfId(id)}`)
  return Buffer.from(text.join(''), 'latin1')
}

const bytesOfId = (id: string): string => Buffer.from(id, 'hex').toString('latin1')

/** @throws {PerdureError} `checkpoint_invalid` for what {@link encodeTree} would not have written. */
export function parseTree(data: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = []
  const names = new Set<string>()
  for (let offset = 0; offset < data.length;) {
    const space = data.indexOf(0x20, offset)
    const end = data.indexOf(0, space)
    if (space < 0 || end < 0 || end + 21 > data.length) throw broken('A tree ends in the middle of an entry.')
    const mode = data.toString('latin1', offset, space)
    const name = data.toString('latin1', space + 1, end)
    const entry = { mode: mode as TreeMode, name, id: data.toString('hex', end + 1, end + 21) }
    const last = entries.at(-1)
    if (!modes.has(mode)) throw broken(`A tree holds an entry of the unknown mode ${JSON.stringify(mode.slice(0, 8))}.`)
    if (names.has(name) || (last !== undefined && byKey(last, entry) > 0))
      throw broken('The names of a tree are in disorder.')
    names.add(name)
    entries.push(entry)
    offset = end + 21
  }
  return entries
}

export interface Commit {
  readonly tree: string
  readonly parent?: string
  readonly createdAt: Date
}

export function encodeCommit({ tree, parent, createdAt }: Commit): Buffer {
  const by = `Perdure <perdure@localhost> ${Math.floor(createdAt.getTime() / 1000)} +0000`
  const parentLine = parent === undefined ? '' : `parent ${parent}\n`
  return Buffer.from(`tree ${tree}\n${parentLine}author ${by}\ncommitter ${by}\n\ncheckpoint\n`)
}

const commitForm =
  /^tree ([0-9a-f]{40})\n(?:parent ([0-9a-f]{40})\n)?author Perdure <perdure@localhost> (\d{1,12}) \+0000\n/

/** @throws {PerdureError} `checkpoint_invalid` for what {@link encodeCommit} would not have written. */
export function parseCommit(data: Buffer): Commit {
  const [, tree, parent, seconds] = commitForm.exec(data.toString('latin1', 0, 300)) ?? []
  if (tree === undefined) throw broken('This is no commit of a checkpoint.')
  const commit = { tree, ...(parent === undefined ? {} : { parent }), createdAt: new Date(Number(seconds) * 1000) }
  if (!encodeCommit(commit).equals(data)) throw broken('This is no commit of a checkpoint.')
  return commit
}

const broken = (message: string): PerdureError => new PerdureError('checkpoint_invalid', message)
