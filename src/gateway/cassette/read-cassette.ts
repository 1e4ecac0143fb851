import { existsSync, readFileSync } from 'node:fs'
import { PerdureError } from '../../errors/perdure-error.ts'
import { asRecord, parseJson } from '../wire/message-request.ts'
import { CassetteFolder } from './cassette-folder.ts'
import {
  cassetteVersion,
  manifestLine,
  timingLine,
  type ExchangeLine,
  type HeaderLine,
  type OutcomeLine,
  type TimingLine,
  type ToolLine,
} from './cassette-schema.ts'
import { getValue, joinValue } from './value-parts.ts'

/** A recording as it lies on the disk. */
export interface Cassette {
  readonly path: string
  readonly header: HeaderLine
  readonly exchanges: readonly ExchangeLine[]
  readonly tools: readonly ToolLine[]
  /** Null: the recording was cut, or made without a run of Perdure. */
  readonly outcome: OutcomeLine | null
  /** When what came; undefined where it was not kept. */
  readonly timingOf: (exchange: ExchangeLine) => TimingLine | undefined
  /** A value that was cut into parts. @throws {PerdureError} `cassette_invalid`. */
  readonly joined: (value: unknown) => unknown
  /** A body that is a JSON value. @throws {PerdureError} `cassette_invalid`. */
  readonly value: (name: string) => unknown
  /** @throws {PerdureError} `cassette_invalid`. */
  readonly bytes: (name: string) => Buffer
}

export const hasCassette = (path: string): boolean => existsSync(new CassetteFolder(path).manifestPath)

/** @throws {PerdureError} `cassette_invalid` when there is none, or it is broken or newer than this Perdure. */
export function readCassette(path: string): Cassette {
  const folder = new CassetteFolder(path)
  const [first, ...others] = readManifest(folder)
  if (first?.type !== 'cassette') throw invalid(`${folder.manifestPath} does not begin as a cassette does.`)
  const timings = readTimings(folder)
  const part = (name: string): string => folder.get(name).toString('utf8')
  const exchanges = others.filter((line) => line.type === 'exchange')
  return {
    path,
    header: first,
    exchanges,
    tools: others.filter((line) => line.type === 'tool'),
    outcome: others.find((line) => line.type === 'outcome') ?? null,
    timingOf: ({ thread, index }) => timings.get(`${thread} ${index}`),
    joined: (value) => joinValue(value, part),
    value: (name) => getValue(name, part),
    bytes: (name) => folder.get(name),
  }
}

function readManifest({ path, manifestPath }: CassetteFolder) {
  const text = readText(manifestPath)
  if (text === undefined) {
    throw new PerdureError('cassette_invalid', `There is no cassette at ${path}.`, {
      hint: `Record one: perdure record ${path} "…"`,
    })
  }
  return completeLines(text).map((line, index) => {
    const json = parseJson(line)
    const version = asRecord(json)['version']
    if (index === 0 && typeof version === 'number' && version > cassetteVersion) {
      throw new PerdureError(
        'cassette_invalid',
        `The cassette ${path} has version ${version}; this Perdure reads ${cassetteVersion}.`,
        {
          hint: 'Upgrade Perdure, or record the run again.',
        },
      )
    }
    const parsed = manifestLine.safeParse(json)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const place = [`${manifestPath}:${index + 1}`, ...(issue?.path ?? [])].join('.')
    throw invalid(`${place}: ${json === undefined ? 'not JSON' : issue?.message}`)
  })
}

/** Times are not needed to replay: what cannot be read of them is left out. */
function readTimings({ timingPath }: CassetteFolder): ReadonlyMap<string, TimingLine> {
  const lines = completeLines(readText(timingPath) ?? '').map((line) => timingLine.safeParse(parseJson(line)).data)
  return new Map(lines.flatMap((line) => (line === undefined ? [] : [[`${line.thread} ${line.index}`, line] as const])))
}

/** A line without its end was being written when the process was killed. */
const completeLines = (text: string): string[] => text.split('\n').slice(0, -1)

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const invalid = (message: string): PerdureError => new PerdureError('cassette_invalid', message)
