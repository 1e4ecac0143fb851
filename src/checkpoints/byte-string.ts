// Names of files are bytes. Inside this room they are strings of which each character is one byte, so that they can be
// compared, sorted and used as keys, and none is lost for not being UTF-8.

/** The bytes of a byte string, as `node:fs` takes them. */
export const bytesOf = (byteString: string): Buffer => Buffer.from(byteString, 'latin1')

/** The byte string of a text. */
export const textOf = (text: string): string => Buffer.from(text).toString('latin1')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** For people: as text; bytes that are no UTF-8 are written `\xff`. */
export function displayOf(byteString: string): string {
  try {
    return utf8.decode(bytesOf(byteString))
  } catch {
    return byteString.replaceAll(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
  }
}

/** Any fact about a path, for people. */
export const shownPath = <Value extends { readonly path: string }>(value: Value): Value => ({
  ...value,
  path: displayOf(value.path),
})
