import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { redactJson } from '../../../domain/redaction.ts'
import { eventSchemaVersion } from '../../../domain/session-event.ts'
import type { SessionRecord } from '../../../ports/session-records.ts'
import type { SessionPart } from '../session-part.ts'
import { archiveVersion, checksumsName, manifestName, type ArchiveManifest } from './archive-manifest.ts'
import { createFileNamer, type PartFile } from './part-files.ts'

export type ArchiveContents = Pick<ArchiveManifest, 'transcripts' | 'files' | 'redacted'>

/**
 * A session as one file: a gzipped tar archive, whose first file says what it is and whose last one has the hash of each.
 * Nothing of it is held in memory but the part under way.
 */
export function writeArchive(
  record: SessionRecord,
  parts: AsyncIterable<SessionPart>,
  contents: ArchiveContents,
): Readable {
  const manifest = {
    format: 'perdure-session',
    version: archiveVersion,
    event_schema_version: eventSchemaVersion,
    exported_at: new Date().toISOString(),
    ...contents,
    session: contents.redacted ? redactJson(record) : record,
  }
  const files = filesOf(manifest, contents.redacted ? redacted(parts) : parts)
  const tar = Readable.from(tarOf(files), { objectMode: false })
  const gzip = createGzip()
  tar.on('error', (error) => gzip.destroy(error))
  gzip.on('close', () => tar.destroy())
  return tar.pipe(gzip)
}

async function* filesOf(manifest: unknown, parts: AsyncIterable<SessionPart>): AsyncGenerator<PartFile> {
  yield { name: manifestName, bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) }
  const fileOf = createFileNamer()
  for await (const part of parts) yield fileOf(part)
}

async function* tarOf(files: AsyncIterable<PartFile>): AsyncGenerator<Uint8Array> {
  const { createTarPacker } = await import('modern-tar')
  const { readable, controller } = createTarPacker()
  const mtime = new Date()
  const fill = async (): Promise<void> => {
    let checksums = ''
    const add = async ({ name, bytes }: PartFile): Promise<void> => {
      const writer = controller.add({ name, size: bytes.length, mode: 0o600, mtime }).getWriter()
      await writer.write(bytes.constructor === Uint8Array ? bytes : Uint8Array.from(bytes))
      await writer.close()
    }
    for await (const file of files) {
      checksums += `${createHash('sha256').update(file.bytes).digest('hex')}  ${file.name}\n`
      await add(file)
    }
    await add({ name: checksumsName, bytes: Buffer.from(checksums) })
    controller.finalize()
  }
  const filling = fill().catch((error: unknown) => controller.error(error))
  yield* readable
  await filling
}

/** What people said and the agent logged, without what looks like a secret. The log had lost its secrets already. */
async function* redacted(parts: AsyncIterable<SessionPart>): AsyncGenerator<SessionPart> {
  for await (const part of parts) {
    yield part.type === 'events' || part.type === 'inbox' ? redactJson(part) : part
  }
}
