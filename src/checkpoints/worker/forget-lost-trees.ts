import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Beside the checkpoints of a tree: where the tree is. */
const nameOfRoot = 'perdure-root'
/** How folders of work trees are named where several lie beside each other; nothing else is touched. */
const nameOfTree = /^[0-9a-f]{32}$/
/** A disk may be away for a while. */
const lostAfterMs = 7 * 24 * 60 * 60_000

export function noteRoot(folder: string, root: string): void {
  const file = join(folder, nameOfRoot)
  if (!existsSync(file)) writeFileSync(file, root, { mode: 0o600 })
}

/** Removes, beside this folder, those of work trees that have been gone for a week: their storages have what counts. */
export function forgetLostTrees(folder: string): void {
  if (!nameOfTree.test(basename(folder))) return
  const place = dirname(folder)
  for (const name of readdirSync(place).filter((one) => nameOfTree.test(one))) {
    const file = join(place, name, nameOfRoot)
    const stat = statSync(join(place, name), { throwIfNoEntry: false })
    if (stat === undefined || Date.now() - stat.mtimeMs < lostAfterMs || !existsSync(file)) continue
    if (!existsSync(readFileSync(file, 'utf8'))) rmSync(join(place, name), { recursive: true, force: true })
  }
}
