import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PerdureError } from '../../errors/perdure-error.ts'
import { sha256Of } from './canonical-json.ts'

export type BodyKind = 'json' | 'txt' | 'sse' | 'bin'

/** The files of a cassette. `bodies/` holds contents by their hash, each once. */
export class CassetteFolder {
  readonly path: string
  readonly #known = new Set<string>()

  constructor(path: string) {
    this.path = path
  }

  get manifestPath(): string {
    return join(this.path, 'cassette.jsonl')
  }

  get timingPath(): string {
    return join(this.path, 'timing.jsonl')
  }

  /** @throws {PerdureError} `invalid_request` where something else than a cassette lies here: it would be lost. */
  requireNothingElse(): void {
    const others = listOf(this.path).filter((name) => !ownFiles.has(name))
    const bodies = listOf(join(this.path, 'bodies')).filter((name) => !/^[0-9a-f]{32}\.\w+(\.\d+\.tmp)?$/.test(name))
    const [other] = [...others, ...bodies.map((name) => `bodies/${name}`)]
    if (other === undefined) return
    throw new PerdureError('invalid_request', `${this.path} is no cassette: ${other} lies there.`, {
      hint: 'Record into a folder of its own.',
    })
  }

  /** Begins anew: what was recorded here before is gone. Only files of a cassette are touched. */
  clear(): void {
    for (const path of [this.manifestPath, this.timingPath, join(this.path, 'bodies')]) {
      rmSync(path, { recursive: true, force: true })
    }
    mkdirSync(join(this.path, 'bodies'), { recursive: true })
    this.#known.clear()
  }

  put(content: string | Uint8Array, kind: BodyKind): string {
    const name = `${nameOf(content)}.${kind}`
    if (this.#known.has(name)) return name
    replaceFile(join(this.path, 'bodies', name), content)
    this.#known.add(name)
    return name
  }

  /** @throws {PerdureError} `cassette_invalid` when the body is missing or not what its name says. */
  get(name: string): Buffer {
    const path = join(this.path, 'bodies', name)
    let content: Buffer
    try {
      content = readFileSync(path)
    } catch (cause) {
      throw new PerdureError('cassette_invalid', `The cassette ${this.path} lacks bodies/${name}.`, { cause })
    }
    if (nameOf(content) !== name.split('.')[0]) {
      throw new PerdureError('cassette_invalid', `${path} was changed after it was recorded.`, {
        hint: 'Restore the file; git must not change its line ends (.gitattributes: *.sse -text).',
      })
    }
    return content
  }
}

const ownFiles: ReadonlySet<string> = new Set([
  'cassette.jsonl',
  'timing.jsonl',
  'bodies',
  '.gitattributes',
  '.DS_Store',
])

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !/^(cassette|timing)\.jsonl\.\d+\.tmp$/.test(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new PerdureError('invalid_request', `${folder} is no folder for a cassette.`, { cause: error })
  }
}

const nameOf = (content: string | Uint8Array): string => sha256Of(content).slice(0, 32)

/** Whoever reads while it is written, or after a kill, finds the old content or the new, whole. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, content)
  renameSync(temporary, path)
}
