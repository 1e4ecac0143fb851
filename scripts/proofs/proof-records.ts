import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { proofSubjects } from '../../test/proofs/proof-subjects.ts'

/** One trial, one line. */
export interface ProofRecord {
  readonly seed: number
  readonly outcome: 'held' | 'failed'
  readonly kills: number
  readonly boundaries?: readonly string[]
  readonly setting?: string
  readonly ms: number
  readonly realBinary: boolean
  readonly date: string
  /** The last commit that touched what is proven; with a plus sign when the files differed from it. */
  readonly version: string
  /** First line of what did not hold. */
  readonly reason?: string
}

const folder = join(import.meta.dirname, '../../bench/proofs')
const proven = [
  'src',
  'test/proofs',
  'test/stores/store-process.ts',
  'test/stores/store-kill.test.ts',
  'package-lock.json',
]
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: join(folder, '../..'), encoding: 'utf8' }).trim()

/** What the proofs are about, as a version; one with a plus sign cannot be had again. */
export function provenVersion(): string {
  const commit = git('log', '-1', '--format=%h', '--', ...proven)
  return git('status', '--porcelain', '--', ...proven) === '' ? commit : `${commit}+`
}

const fileOf = (subject: string): string => join(folder, `${subject}.jsonl`)

export function readRecords(subject: string): ProofRecord[] {
  if (!existsSync(fileOf(subject))) return []
  return readFileSync(fileOf(subject), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ProofRecord)
}

export function appendRecord(subject: string, record: ProofRecord): void {
  mkdirSync(folder, { recursive: true })
  appendFileSync(fileOf(subject), `${JSON.stringify(record)}\n`)
}

/** Writes the table of all that is recorded, newest version of a subject first. */
export function writeSummary(): void {
  const rows = Object.keys(proofSubjects).flatMap((subject) =>
    [...Map.groupBy(readRecords(subject), (record) => record.version).entries()]
      .toReversed()
      .map(([version, records]) => [
        subject,
        String(records.length),
        String(records.reduce((sum, record) => sum + record.kills, 0)),
        String(records.filter((record) => record.outcome === 'failed').length),
        String(records.filter((record) => record.realBinary).length),
        records.at(-1)!.date,
        version,
      ]),
  )
  const table = [['subject', 'trials', 'kills', 'failures', 'with the real binary', 'date', 'version'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  const lines = table.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`)
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  writeFileSync(join(folder, 'README.md'), `${heading}\n${[lines[0], rule, ...lines.slice(1)].join('\n')}\n`)
}

const heading = `# Proofs

Written by \`npm run prove\`; the guide is [docs/guides/proofs.md](../../docs/guides/proofs.md). One line of a \`.jsonl\` file is
one trial. A version with a plus sign had changes that were not committed.
`
