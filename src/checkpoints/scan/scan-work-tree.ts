import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs'
import { PerdureError } from '../../errors/perdure-error.ts'
import { bytesOf, textOf } from '../byte-string.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { HardLinks } from './hard-links.ts'
import type { LeftOut, LeftOutReason } from '../../domain/work-tree.ts'
import { isUntouched, readWhole, withOpenFile, type OpenFile } from './read-file.ts'
import { entryStatOf, isSameStat, permissionsOf } from './saved-tree.ts'
import type { SavedDirectory, SavedEntry, SavedFile } from './saved-tree.ts'
import { isEnvFile, isGitState, type ScanPolicy } from './scan-policy.ts'
import { largeFileBytes, splitLargeFile } from './split-large-file.ts'
import { putDirectory, putPieces } from './put-directory.ts'

export interface ScanRequest {
  readonly root: string
  readonly store: ObjectStore
  readonly policy: ScanPolicy
  /** What the last scan found. */
  readonly before?: SavedDirectory | undefined
  /** Files whose status changed since may have changed again unseen: they are read anew. */
  readonly trustedUntilNs: bigint
  /** What is left out without a word, as byte strings from the root: the store itself, when it is inside. */
  readonly ownPlaces?: readonly string[]
  /** A tree that has more is no work tree, but somebody's disk. */
  readonly maxFiles?: number
}

export interface Scan {
  readonly root: SavedDirectory
  readonly leftOut: readonly LeftOut[]
  /** Groups of paths that are one file. */
  readonly hardLinks: readonly (readonly string[])[]
  /** Folders that hold a `.git`, as byte strings; the root is the empty one. */
  readonly repositories: readonly string[]
  readonly filesSeen: number
  readonly filesRead: number
}

/** The system refuses paths of 4,096 bytes; deeper folders are reached through a handle of one on the way. */
const longPathBytes = 3000
const maxTries = 3
/** Each takes some of the stack. */
const mostFoldersDeep = 1000

/**
 * Walks a tree and puts into the store what has changed. It opens plain files alone, follows no link, and nothing
 * that lies in the tree steers it. @throws {PerdureError} `working_directory_missing`, `work_tree_unsuitable`.
 */
export function scanWorkTree(request: ScanRequest): Scan {
  return new WorkTreeScan(request).run()
}

interface Place {
  /** What stands before a name to reach it. */
  readonly prefix: string
  /** From the root; empty for the root, otherwise with a slash at the end. */
  readonly path: string
  readonly depth: number
  readonly isGitFolder?: boolean
}

class WorkTreeScan {
  readonly #request: ScanRequest
  readonly #excluded: ReadonlySet<string>
  readonly #ownPlaces: ReadonlySet<string>
  readonly #leftOut: LeftOut[] = []
  readonly #repositories: string[] = []
  readonly #hardLinks = new HardLinks()
  #filesSeen = 0
  #filesRead = 0

  constructor(request: ScanRequest) {
    this.#request = request
    this.#excluded = new Set(request.policy.excludedDirectories.map(textOf))
    this.#ownPlaces = new Set(request.ownPlaces)
  }

  run(): Scan {
    const prefix = `${textOf(this.#request.root)}/`
    const stat = lstatSync(bytesOf(`${prefix}.`), { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) {
      throw new PerdureError('working_directory_missing', 'The folder of the work tree does not exist.')
    }
    const root = this.#directory({ prefix, path: '', depth: 0 }, { stat, before: this.#request.before })
    if (root === undefined) throw new PerdureError('checkpoint_failed', 'The folder of the work tree cannot be read.')
    return {
      root,
      leftOut: this.#leftOut,
      hardLinks: this.#hardLinks.groups(),
      repositories: this.#repositories,
      filesSeen: this.#filesSeen,
      filesRead: this.#filesRead,
    }
  }

  #directory(place: Place, { stat, before }: DirectoryFacts): SavedDirectory | undefined {
    const names = this.#namesIn(place)
    if (names === undefined) return before
    const mode = permissionsOf(stat.mode)
    const entries = new Map<string, SavedEntry>()
    let isSame = before?.mode === mode
    for (const name of names) {
      const known = before?.entries.get(name)
      const entry = this.#entry(place, { name, known })
      if (entry === undefined) continue
      entries.set(name, entry)
      isSame &&= entry === known
    }
    // Then the object of before stands for it, so that whoever holds that folder sees no change either.
    if (isSame && before?.entries.size === entries.size && this.#request.store.has(before.id)) return before
    return { id: putDirectory(this.#request.store, { mode, entries }), mode, entries }
  }

  #namesIn({ prefix, path, isGitFolder }: Place): string[] | undefined {
    try {
      const names = readdirSync(bytesOf(prefix), { encoding: 'latin1' })
      return isGitFolder && this.#request.policy.git === 'state' ? names.filter(isGitState) : names
    } catch (error) {
      this.#leave(path.slice(0, -1), reasonOf(error))
      return undefined
    }
  }

  #entry(place: Place, { name, known }: { name: string; known: SavedEntry | undefined }): SavedEntry | undefined {
    const path = place.path + name
    if (this.#ownPlaces.has(path)) return undefined
    try {
      const bytes = bytesOf(place.prefix + name)
      const stat = lstatSync(bytes, { bigint: true, throwIfNoEntry: false })
      if (stat === undefined) return undefined
      if (stat.isDirectory()) return this.#folder({ ...place, name }, { stat, known })
      if (!stat.isFile() && !stat.isSymbolicLink()) return this.#leave(path, 'special')
      if (this.#request.policy.envFiles === 'leave_out' && isEnvFile(name)) return this.#leave(path, 'excluded')
      if (stat.size > this.#request.policy.maxFileBytes) return this.#leave(path, 'too_large')
      this.#count()
      const entry = this.#isUnchanged(known, stat) ? known : this.#read(bytes, { path, stat })
      if (entry !== undefined && stat.nlink > 1n) this.#linked(path, { entry, dev: stat.dev })
      return entry
    } catch (error) {
      if (isGone(error)) return undefined
      this.#leave(path, reasonOf(error))
      return known
    }
  }

  #count(): void {
    const { maxFiles = Number.POSITIVE_INFINITY } = this.#request
    this.#filesSeen += 1
    if (this.#filesSeen > maxFiles) throw tooManyFiles(maxFiles)
  }

  #isUnchanged(known: SavedEntry | undefined, stat: BigIntStats): boolean {
    return (
      known !== undefined &&
      known.type !== 'directory' &&
      stat.ctimeNs < this.#request.trustedUntilNs &&
      isSameStat(known.stat, stat) &&
      this.#request.store.has(known.id)
    )
  }

  /** A file that is written meanwhile may be read as another under each of its names: then it is saved as several. */
  #linked(path: string, { entry, dev }: { entry: SavedEntry; dev: bigint }): void {
    if (entry.type === 'directory' || entry.type === 'link') return
    this.#hardLinks.add(`${dev}:${entry.stat.ino}:${entry.stat.mode}:${entry.id}`, path)
  }

  #folder(
    { prefix, path, depth, name }: Place & { name: string },
    { stat, known }: { stat: BigIntStats; known: SavedEntry | undefined },
  ): SavedEntry | undefined {
    if (this.#excluded.has(name)) return this.#leave(path + name, 'excluded')
    if (depth === mostFoldersDeep) return this.#leave(path + name, 'too_deep')
    const before = known?.type === 'directory' ? known.directory : undefined
    const isGitFolder = name === '.git'
    if (isGitFolder) this.#repositories.push(path.slice(0, -1))
    const place = { prefix: `${prefix}${name}/`, path: `${path}${name}/`, depth: depth + 1, isGitFolder }
    const directory = throughHandle(place.prefix, (shorter) =>
      this.#directory({ ...place, prefix: shorter }, { stat, before }),
    )
    if (directory === undefined) return undefined
    return known?.type === 'directory' && known.directory === directory ? known : { type: 'directory', directory }
  }

  #read(bytes: Buffer, { path, stat }: { path: string; stat: BigIntStats }): SavedEntry | undefined {
    const { store } = this.#request
    this.#filesRead += 1
    if (stat.isSymbolicLink()) {
      const id = store.put('blob', readlinkSync(bytes, { encoding: 'buffer' }))
      return { type: 'link', id, stat: entryStatOf(stat) }
    }
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === maxTries || stat.size > largeFileBytes
      const saved = withOpenFile(bytes, (open) => {
        const content = this.#content(open)
        const isStable = isUntouched(open)
        if (!isStable && !isLast) return 'again'
        if (!isStable) this.#leave(path, 'changing')
        return { ...content, stat: entryStatOf(open.stat) }
      })
      if (saved !== 'again') return saved ?? this.#leave(path, 'special')
    }
  }

  #content(open: OpenFile): Pick<SavedFile, 'type' | 'id'> {
    const { store } = this.#request
    if (open.stat.size > largeFileBytes) {
      const pieces = splitLargeFile(open.file).map((piece) => store.put('blob', piece))
      return { type: 'large_file', id: putPieces(store, [...pieces]) }
    }
    return { type: 'file', id: store.put('blob', readWhole(open, largeFileBytes)) }
  }

  #leave(path: string, reason: LeftOutReason): undefined {
    this.#leftOut.push({ path, reason })
  }
}

interface DirectoryFacts {
  readonly stat: BigIntStats
  readonly before: SavedDirectory | undefined
}

function throughHandle<Result>(prefix: string, use: (prefix: string) => Result): Result {
  if (prefix.length < longPathBytes || process.platform !== 'linux') return use(prefix)
  const handle = openSync(bytesOf(prefix), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    return use(`/proc/self/fd/${handle}/`)
  } finally {
    closeSync(handle)
  }
}

const tooManyFiles = (maxFiles: number): PerdureError =>
  new PerdureError('work_tree_unsuitable', `The work tree has more than ${maxFiles} files, so it is not saved.`, {
    details: { maxFiles },
  })

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''
const isGone = (error: unknown): boolean => codeOf(error) === 'ENOENT'
// What was a folder or a file and is another thing now will be seen by the next scan.
const reasonOf = (error: unknown): LeftOutReason => {
  if (['ENOTDIR', 'ELOOP', 'ENXIO', 'ENOENT', 'EINVAL', 'ESTALE'].includes(codeOf(error))) return 'changing'
  if (['EACCES', 'EPERM', 'EIO', 'ENAMETOOLONG', 'EMFILE'].includes(codeOf(error))) return 'unreadable'
  throw error
}
