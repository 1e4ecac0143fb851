import { PerdureError } from '../../errors/perdure-error.ts'

/** What a name in a stored tree stands for. Names are byte strings: one character, one byte. */
export type StoredName =
  | { readonly type: 'entry'; readonly name: string }
  /** The entry is a tree whose blobs are the pieces of one large file. */
  | { readonly type: 'large_file'; readonly name: string }
  /** The modes of the folder and its files that git cannot hold. */
  | { readonly type: 'metadata' }

export const metadataName = '%!'

// What git, or git on macOS and Windows, takes for its own folder or reads as its own settings. Control and other
// odd bytes are dropped first, since those systems ignore some of them.
const isGitsOwn = (name: string): boolean => /\.git|git~/.test(name.toLowerCase().replaceAll(/[^a-z.~]/g, ''))

export function storedNameOf(name: string, { isLarge }: { readonly isLarge: boolean }): string {
  if (isLarge) return `%+${name}`
  return name.startsWith('%') || isGitsOwn(name) ? `%=${name}` : name
}

/** @throws {PerdureError} `checkpoint_invalid` for a name that no folder could hold, or that we would not have written. */
export function parseStoredName(stored: string): StoredName {
  if (stored === metadataName) return { type: 'metadata' }
  const isLarge = stored.startsWith('%+')
  const name = isLarge || stored.startsWith('%=') ? stored.slice(2) : stored
  const isImpossible = name === '' || name === '.' || name === '..' || /[/\0]/.test(name)
  if (isImpossible || storedNameOf(name, { isLarge }) !== stored) {
    throw new PerdureError('checkpoint_invalid', 'A tree of the checkpoint holds a name that no folder can have.')
  }
  return { type: isLarge ? 'large_file' : 'entry', name }
}
