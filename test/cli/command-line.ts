import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const binPath = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url))
export const scriptPath = fileURLToPath(new URL('scripts/conversation.yaml', import.meta.url))

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly process: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Resolves once the output holds this text. */
  shows(text: string): Promise<void>
}

export interface CallOptions {
  readonly cwd?: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

/** With coverage on, the command line writes down what of it ran; `scripts/report-coverage.ts` reads that. */
const childCoverage = process.env['PERDURE_CHILD_COVERAGE']
  ? { NODE_V8_COVERAGE: process.env['PERDURE_CHILD_COVERAGE'] }
  : {}

/** The environment of this process without what would change the answers. */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
  const left = Object.entries(process.env).filter(
    ([name]) => !/^(ANTHROPIC_|CLAUDE|PERDURE_|DATABASE_URL|REDIS_URL|S3_|AWS_|NO_COLOR|FORCE_COLOR)/.test(name),
  )
  // Not even a person who is logged in to claude.ai has credentials in a test.
  return { ...Object.fromEntries(left), CLAUDE_CONFIG_DIR: '/nobody-is-logged-in-here', ...childCoverage, ...more }
}

/** Starts the real command line as a process of its own. */
export function start(args: readonly string[], { cwd, stdin = '', env }: CallOptions = {}): Started {
  const child = spawn(process.execPath, [binPath, ...args], { cwd, env: plainEnvironment(env) })
  const output = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  const hear = (name: 'stdout' | 'stderr') => (chunk: Buffer) => {
    output[name] += chunk.toString()
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', hear('stdout'))
  child.stderr.on('data', hear('stderr'))
  child.stdin.end(stdin)
  const ended = new Promise<Ended>((resolve) => child.once('close', (exitCode) => resolve({ exitCode, ...output })))
  const shows = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (output.stdout.includes(text)) resolve()
      }
      listeners.add(look)
      look()
      void ended.then(() => reject(new Error(`ended without showing ${text}: ${output.stdout}${output.stderr}`)))
    })
  return { process: child, ended, output, shows }
}

export const call = (args: readonly string[], options?: CallOptions): Promise<Ended> => start(args, options).ended

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'perdure-cli-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }))
  return path
}

/** The lines of a `--json` output, parsed. */
export const jsonLines = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
