import { join } from 'node:path'

/** What a file system takes as one name, with room for what is added to it. */
const longestName = 200
const safe = /[a-z0-9_-]/
/** Ends the name of a folder whose name goes on in the names within it. */
const continued = '+'
const ending = '.o'

/**
 * The path of an object below a bucket's folder. Each part of the key is a folder, the last a file; no two keys have the
 * same path, also where case does not count, and none leads out of the folder.
 */
export function pathOfKey(key: string): string {
  return `${join(...key.split('/').map(nameOfPart))}${ending}`
}

/** The path of the folder that holds the keys beginning with this one, which ends in a slash or is empty. */
export const pathOfFolder = (key: string): string => join('.', ...key.split('/').slice(0, -1).map(nameOfPart))

/** Any text as the path of one folder, and no two as the same. */
export const nameOfPart = (part: string): string => {
  if (part === '') return '='
  const pieces: string[] = []
  let piece = ''
  for (const byte of Buffer.from(part)) {
    const letter = String.fromCharCode(byte)
    const escaped = safe.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`
    if (piece.length + escaped.length > longestName) {
      pieces.push(`${piece}${continued}`)
      piece = ''
    }
    piece += escaped
  }
  return join(...pieces, piece)
}

/** A file or folder in a bucket's folder, by what its name says of keys. */
export interface KeyPiece {
  readonly isFile: boolean
  /** Bytes of the key that it adds to those of its folder, a slash at the end included. */
  readonly bytes: Buffer
}

/** Null for what is no part of a key. */
export function pieceOfName(name: string): KeyPiece | null {
  const isFile = name.endsWith(ending)
  const isContinued = name.endsWith(continued)
  const bare = isFile ? name.slice(0, -ending.length) : isContinued ? name.slice(0, -continued.length) : name
  if (!/^(?:=|(?:[a-z0-9_-]|%[0-9a-f]{2})+)$/.test(bare)) return null
  const decoded =
    bare === '=' ? '' : bare.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return { isFile, bytes: Buffer.from(isFile || isContinued ? decoded : `${decoded}/`, 'latin1') }
}
