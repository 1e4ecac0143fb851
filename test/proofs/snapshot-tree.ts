import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A tree as anybody would describe it, by other means than those under proof. Paths are byte strings. */
export interface TreeSnapshot {
  /** What stands at a path: type, mode and content. */
  readonly entries: ReadonlyMap<string, string>
  /** Folders and pipes that checkpoints do not hold, by their path. */
  readonly unsaved: ReadonlySet<string>
  /** Groups of paths that are one file. */
  readonly links: readonly (readonly string[])[]
}

export function snapshotTree(
  root: string,
  { isUnsaved }: { isUnsaved: (name: string, isFolder: boolean) => boolean },
): TreeSnapshot {
  const entries = new Map<string, string>()
  const unsaved = new Set<string>()
  const byInode = new Map<bigint, string[]>()
  const walk = (prefix: string): void => {
    for (const name of readdirSync(bytes(`${root}/${prefix}`), { encoding: 'latin1' })) {
      const path = prefix + name
      const file = bytes(`${root}/${path}`)
      const stat = lstatSync(file, { bigint: true })
      const mode = (stat.mode & 0o7777n).toString(8)
      if (stat.isFIFO() || isUnsaved(name, stat.isDirectory())) unsaved.add(path)
      if (stat.isDirectory()) {
        entries.set(path, `directory ${mode}`)
        walk(`${path}/`)
      } else if (stat.isSymbolicLink()) {
        entries.set(path, `link ${readlinkSync(file, { encoding: 'latin1' })}`)
      } else if (stat.isFile()) {
        entries.set(path, `file ${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
        byInode.set(stat.ino, [...(byInode.get(stat.ino) ?? []), path])
      } else entries.set(path, 'special')
    }
  }
  walk('')
  const links = [...byInode.values()].filter((paths) => paths.length > 1).map((paths) => paths.toSorted())
  return { entries, unsaved, links: links.toSorted(([a], [b]) => (a! < b! ? -1 : 1)) }
}

/** What differs, but for what neither may have touched: empty when the restore did all it should and no more. */
export function differencesBetween(expected: TreeSnapshot, actual: TreeSnapshot): string[] {
  const unsaved = new Set([...expected.unsaved, ...actual.unsaved])
  const isIn = (path: string): boolean => prefixesOf(path).some((prefix) => unsaved.has(prefix))
  const holdsUnsaved = new Set([...actual.unsaved].flatMap((path) => prefixesOf(path)))
  const counts = (path: string): boolean => {
    if (isIn(path) || (holdsUnsaved.has(path) && expected.entries.get(path) !== actual.entries.get(path))) {
      // A folder that had to stay may stand where the target has something else; what is in both must be right.
      return !isIn(path) && expected.entries.get(path)?.startsWith('directory') === true
    }
    return !prefixesOf(path).some((prefix) => holdsUnsaved.has(prefix) && isOther(prefix))
  }
  const isOther = (path: string): boolean => kindOf(expected, path) !== kindOf(actual, path)
  const paths = new Set([...expected.entries.keys(), ...actual.entries.keys()])
  const wrong = [...paths].filter((path) => expected.entries.get(path) !== actual.entries.get(path) && counts(path))
  const linksOf = ({ links }: TreeSnapshot): string =>
    JSON.stringify(links.map((group) => group.filter(counts)).filter((group) => group.length > 1))
  const linksDiffer = linksOf(expected) === linksOf(actual) ? [] : [`links ${linksOf(expected)} ${linksOf(actual)}`]
  return [
    ...wrong.map((path) => `${JSON.stringify(path)}: ${expected.entries.get(path)} / ${actual.entries.get(path)}`),
    ...linksDiffer,
  ]
}

const kindOf = ({ entries }: TreeSnapshot, path: string): string | undefined => entries.get(path)?.split(' ')[0]
const bytes = (byteString: string): Buffer => Buffer.from(byteString, 'latin1')

/** The path and all folders above it. */
function prefixesOf(path: string): string[] {
  const names = path.split('/')
  return names.map((_, count) => names.slice(0, count + 1).join('/'))
}
