/** A document as it was written at one time. */
export interface DocumentVersion<State> {
  /** 1 for the first; 0 for a document that nobody has written yet. */
  readonly number: number
  /** Names of the last writes, the newest first, by which a writer finds out whether its own is among them. */
  readonly writes: string
  readonly state: State
}

/** How many writes a version remembers. */
export const rememberedWrites = 512
const nameLength = 6

const digits = 12
const highest = 10 ** digits - 1

/** Versions are numbered backwards, so that the newest is the first of a listing. */
export const versionKey = (document: string, number: number): string =>
  `${document}/${String(highest - number).padStart(digits, '0')}`

export const versionNumber = (key: string): number => highest - Number(key.slice(-digits))

export const encodeVersion = ({ writes, state }: DocumentVersion<unknown>): Uint8Array =>
  Buffer.from(JSON.stringify({ writes, state }))

export function decodeVersion<State>(key: string, bytes: Uint8Array): DocumentVersion<State> {
  const { writes, state } = JSON.parse(Buffer.from(bytes).toString()) as Omit<DocumentVersion<State>, 'number'>
  return { number: versionNumber(key), writes, state }
}

/** What the version after this one would be, and the name of that write. */
export function nextVersion<State>(base: DocumentVersion<unknown>, state: State) {
  const random = crypto.getRandomValues(new Uint8Array(nameLength))
  const write = Buffer.from(random).toString('base64').slice(0, nameLength)
  const writes = `${write}${base.writes}`.slice(0, rememberedWrites * nameLength)
  return { write, version: { number: base.number + 1, writes, state } satisfies DocumentVersion<State> }
}

/** Whether the version came from that write. */
export function hasWrite({ writes }: DocumentVersion<unknown>, write: string): boolean {
  for (let at = writes.indexOf(write); at >= 0; at = writes.indexOf(write, at + 1))
    if (at % nameLength === 0) return true
  return false
}
