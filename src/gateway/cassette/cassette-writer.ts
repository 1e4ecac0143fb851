import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CassetteFolder, replaceFile } from './cassette-folder.ts'
import type { ExchangeLine, HeaderLine, ManifestLine, OutcomeLine, TimingLine, ToolLine } from './cassette-schema.ts'

type PlacedLine = ExchangeLine | ToolLine | TimingLine

/**
 * Writes a cassette, entry by entry. Its lines stand by thread and order, whichever was faster, so that two
 * recordings of one run can be compared line by line. What is written outlives a kill.
 */
export class CassetteWriter {
  readonly folder: CassetteFolder
  readonly #header: HeaderLine
  readonly #manifest: SortedLines<ExchangeLine | ToolLine | OutcomeLine>
  readonly #timing: SortedLines<TimingLine>

  /** Begins anew: what was recorded at this path is gone. */
  constructor(path: string, header: HeaderLine) {
    this.folder = new CassetteFolder(path)
    this.folder.clear()
    // Git must not change line ends: the names of bodies are their hashes.
    writeFileSync(join(path, '.gitattributes'), '* -text\n')
    this.#header = header
    this.#manifest = new SortedLines(this.folder.manifestPath, [header])
    this.#timing = new SortedLines(this.folder.timingPath, [])
  }

  addExchange(line: ExchangeLine, timing: TimingLine | null): void {
    if (timing !== null) this.#timing.add(timing)
    this.#manifest.add(line)
  }

  addToolCall(line: ToolLine): void {
    this.#manifest.add(line)
  }

  /** Ends the recording. */
  end(outcome: OutcomeLine): void {
    this.#manifest.add(outcome)
  }

  get header(): HeaderLine {
    return this.#header
  }
}

class SortedLines<Line extends OutcomeLine | PlacedLine> {
  readonly #path: string
  readonly #head: readonly ManifestLine[]
  readonly #lines: Line[] = []

  constructor(path: string, head: readonly ManifestLine[]) {
    this.#path = path
    this.#head = head
    this.#writeAll()
  }

  add(line: Line): void {
    const at = this.#lines.findLastIndex((other) => compare(other, line) <= 0) + 1
    this.#lines.splice(at, 0, line)
    if (at === this.#lines.length - 1) appendFileSync(this.#path, written(line))
    else this.#writeAll()
  }

  #writeAll(): void {
    replaceFile(this.#path, [...this.#head, ...this.#lines].map(written).join(''))
  }
}

const written = (line: object): string => `${JSON.stringify(line)}\n`

function compare(left: OutcomeLine | PlacedLine, right: OutcomeLine | PlacedLine): number {
  const byRank = rankOf(left) - rankOf(right)
  if (byRank !== 0 || !('thread' in left && 'thread' in right)) return byRank
  const byThread = threadRank(left.thread) - threadRank(right.thread)
  if (byThread !== 0) return byThread
  if (left.thread !== right.thread) return left.thread < right.thread ? -1 : 1
  return left.index - right.index
}

const ranks: readonly (string | undefined)[] = [undefined, 'exchange', 'tool', 'outcome']
const rankOf = (line: OutcomeLine | PlacedLine): number => ranks.indexOf('type' in line ? line.type : undefined)

const threadRank = (thread: string): number => (/^main(-\d+)?$/.test(thread) ? thread.length : 1000)
