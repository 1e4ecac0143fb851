/** What a scan knows of a folder: the tree it was saved as, and whatever shows that nothing has changed since. */
export interface SavedDirectory {
  /** Of its tree object. */
  readonly id: string
  /** Permission bits. */
  readonly mode: number
  /** By name, a byte string. */
  readonly entries: ReadonlyMap<string, SavedEntry>
}

export type SavedEntry = SavedFile | SavedFolder

export interface SavedFile {
  readonly type: 'file' | 'large_file' | 'link'
  /** Of its blob, or of the tree of its pieces. */
  readonly id: string
  readonly stat: EntryStat
}

export interface SavedFolder {
  readonly type: 'directory'
  readonly directory: SavedDirectory
}

/** A file whose numbers are all the same has the same bytes, unless it was changed within the clock's grain. */
export interface EntryStat {
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  /** Type and permission bits. */
  readonly mode: bigint
}

export const isSameStat = (a: EntryStat, b: EntryStat): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.mode === b.mode

/** Only what is needed; the objects of `node:fs` hold twice as much. */
export const entryStatOf = ({ ino, size, mtimeNs, ctimeNs, mode }: EntryStat): EntryStat => ({
  ino,
  size,
  mtimeNs,
  ctimeNs,
  mode,
})

export const permissionsOf = (mode: bigint): number => Number(mode & 0o7777n)
