import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { eventSchemaVersion } from '../../../domain/session-event.ts'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { SessionPart } from '../session-part.ts'
import {
  archiveVersion,
  checksumsName,
  formatSchema,
  manifestName,
  manifestSchema,
  type ArchiveManifest,
} from './archive-manifest.ts'
import { partOfFile, type PartFile } from './part-files.ts'

/** Larger files than these are in no archive that was written here. */
const maxFileBytes = 512 * 2 ** 20

/**
 * Reads an archive: what it says of itself, then its parts, each once its file is whole. That nothing is missing or
 * changed is known when the last part has come, and the iteration ends without an error.
 * @throws {PerdureError} `archive_invalid`, `archive_too_new`.
 */
export async function openArchive(
  path: string,
): Promise<{ manifest: ArchiveManifest; parts: AsyncGenerator<SessionPart> }> {
  const files = filesIn(path)
  try {
    const first = await files.next()
    if (first.done === true || first.value.name !== manifestName) throw invalid('It does not begin with a manifest.')
    const manifest = parseManifest(first.value)
    return { manifest, parts: checkedParts(manifest, { first: first.value, files }) }
  } catch (error) {
    await files.return(undefined)
    throw asInvalid(error)
  }
}

function parseManifest({ bytes }: PartFile): ArchiveManifest {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  const format = formatSchema.parse(value)
  if (format.version > archiveVersion || format.event_schema_version > eventSchemaVersion) {
    throw new PerdureError('archive_too_new', `The archive has version ${format.version} of the format.`, {
      details: { found: format.version, known: archiveVersion, events: format.event_schema_version },
    })
  }
  return manifestSchema.parse(value)
}

async function* checkedParts(
  manifest: ArchiveManifest,
  { first, files }: { first: PartFile; files: AsyncGenerator<PartFile> },
): AsyncGenerator<SessionPart> {
  let checksums = checksumOf(first)
  let isComplete = false
  let head = 0
  const packs = new Set<string>()
  const checkpoints = new Set<string>()
  try {
    for await (const file of files) {
      if (isComplete) throw invalid(`Something follows its end: ${file.name}.`)
      if (file.name === checksumsName) {
        if (Buffer.from(file.bytes).toString('utf8') !== checksums) throw invalid('A file in it has another hash.')
        isComplete = true
        continue
      }
      checksums += checksumOf(file)
      const part = partOfFile(file)
      if (part === null) throw invalid(`It holds ${file.name}, which is no part of a session.`)
      if (part.type === 'events') for (const { sequence } of part.events) head = following(sequence, head)
      if (part.type === 'transcript' && !manifest.transcripts) throw invalid('It has a transcript that it denies.')
      if (part.type === 'pack') packs.add(part.name)
      if (part.type === 'checkpoint') {
        const { id, parent, packs: needed } = part.checkpoint
        const isWhole = needed.every((name) => packs.has(name)) && (parent === undefined || checkpoints.has(parent))
        if (!isWhole) throw invalid(`It lacks what ${id} needs.`)
        checkpoints.add(id)
      }
      yield part
    }
    if (!isComplete) throw invalid('It ends too early.')
  } catch (error) {
    throw asInvalid(error)
  } finally {
    await files.return(undefined)
  }
}

function following(sequence: number, head: number): number {
  if (sequence === head + 1) return sequence
  throw invalid(`After event ${head} follows event ${sequence}.`)
}

const checksumOf = ({ name, bytes }: PartFile): string =>
  `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`

async function* filesIn(path: string): AsyncGenerator<PartFile> {
  const { createTarDecoder } = await import('modern-tar')
  const source = createReadStream(path)
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error))
  try {
    const bytes = Readable.toWeb(source.pipe(gunzip)) as unknown as ReadableStream<Uint8Array>
    const entries = bytes.pipeThrough(createTarDecoder({ strict: true })) as unknown as WebStream<TarEntry>
    for await (const { header, body } of entries) {
      if (header.size > maxFileBytes) throw invalid(`It holds a file of ${header.size} bytes.`)
      if ((header.type ?? 'file') !== 'file') throw invalid(`It holds ${header.name}, which is no file.`)
      yield { name: header.name, bytes: new Uint8Array(await new Response(body).arrayBuffer()) }
    }
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

interface TarEntry {
  readonly header: { readonly name: string; readonly size: number; readonly type?: string }
  readonly body: ReadableStream<Uint8Array>
}

const invalid = (message: string): PerdureError =>
  new PerdureError('archive_invalid', `The archive is damaged: ${message}`)

function asInvalid(error: unknown): PerdureError {
  if (PerdureError.is(error)) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') {
    return new PerdureError('archive_invalid', 'The archive cannot be read.', {
      cause: error,
      hint: 'Give the path of a file that perdure session export wrote.',
    })
  }
  return new PerdureError('archive_invalid', 'The file is no archive of a session, or it is damaged.', { cause: error })
}
