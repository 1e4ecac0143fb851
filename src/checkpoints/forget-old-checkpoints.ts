import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckpointId, PackName } from '../domain/checkpoint-id.ts'
import { readContent } from './checkpoint-content.ts'
import { objectsOfCheckpoint } from './objects-of-checkpoint.ts'
import type { WorkTree } from './work-tree.ts'

export interface ForgetRules {
  /** Older checkpoints are forgotten; whoever needs one brings it from its storage again. */
  readonly keepMs: number
  /** Of the newest, so many stay whatever their age. */
  readonly keepNewest: number
  /** A pack may belong to a checkpoint that is being made or fetched. */
  readonly graceMs: number
}

const day = 24 * 60 * 60_000
const usualRules: ForgetRules = { keepMs: 30 * day, keepNewest: 20, graceMs: day }

/** Once a day: forgets what nobody has used for a month. The folder is held meanwhile. */
export function forgetOldCheckpointsDaily(tree: WorkTree): void {
  const mark = join(tree.folder, 'looked-through')
  const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs
  if (last !== undefined && Date.now() - last < day) return
  if (last === undefined) writeFileSync(mark, '', { mode: 0o600 })
  else forgetOldCheckpoints(tree)
  utimesSync(mark, new Date(), new Date())
}

/** Forgets checkpoints, and removes the packs that none of the others needs. */
export function forgetOldCheckpoints(tree: WorkTree, rules: ForgetRules = usualRules): void {
  const now = Date.now()
  const references = readdirSync(join(tree.folder, 'refs', 'checkpoints'))
    .filter((name) => name.startsWith('ckpt_'))
    .map((name) => ({
      id: name as CheckpointId,
      ageMs: now - statSync(tree.referenceOf(name as CheckpointId)).mtimeMs,
    }))
    .toSorted((a, b) => a.ageMs - b.ageMs)
  const isKept = (place: number, ageMs: number): boolean => place < rules.keepNewest || ageMs <= rules.keepMs
  const kept = references.filter(({ ageMs }, place) => isKept(place, ageMs)).map(({ id }) => id)
  const forgotten = references.slice(kept.length)
  if (forgotten.length === 0) return
  const needed = packsOf(tree, kept)
  for (const { id } of forgotten) rmSync(tree.referenceOf(id), { force: true })
  tree.store.removePacks((name, ageMs) => !needed.has(name) && ageMs > rules.graceMs)
}

function packsOf(tree: WorkTree, ids: readonly CheckpointId[]): Set<PackName> {
  const packs = new Set<PackName>()
  const known = new Set(ids)
  for (const id of ids) {
    const content = readContent(tree.store, id)
    const base = content.parent !== undefined && known.has(content.parent) ? tree.contentOf(content.parent) : undefined
    for (const object of objectsOfCheckpoint(tree.store, { content, base })) {
      const pack = tree.store.packOf(object)
      if (pack !== undefined) packs.add(pack)
    }
  }
  return packs
}
