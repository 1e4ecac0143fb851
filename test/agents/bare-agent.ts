// The bare Agent SDK with one of our storages as its session store: in this process, or as a process of its own.
import { query, type Options, type SessionStore } from '@anthropic-ai/claude-agent-sdk'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LazyStorage } from '../../src/compose/storage/lazy-storage.ts'
import { FilesystemStorage, PostgresStorage, RedisStorage, S3Storage, SqliteStorage } from '../../src/index.ts'

export interface BareRun {
  readonly prompt: string
  readonly cwd: string
  /** Where the scripted Messages API listens. */
  readonly apiUrl: string
  readonly options?: Pick<
    Options,
    'resume' | 'continue' | 'forkSession' | 'sessionId' | 'agents' | 'sessionStoreFlush' | 'tools' | 'allowedTools'
  >
}

export interface BareResult {
  readonly sessionId: string
  readonly text: string
  /** What of the transcript could not be mirrored. */
  readonly mirrorErrors: readonly string[]
}

/** Runs an agent that has nothing on its disk yet, and leaves nothing there. */
export async function runBareAgent(run: BareRun, sessionStore: SessionStore): Promise<BareResult> {
  const configDirectory = mkdtempSync(join(tmpdir(), 'perdure-bare-'))
  try {
    return await runLocalAgent(run, configDirectory, sessionStore)
  } finally {
    rmSync(configDirectory, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Runs an agent that keeps its sessions in this folder, as `claude` does in `~/.claude`. */
export async function runLocalAgent(
  run: BareRun,
  configDirectory: string,
  sessionStore?: SessionStore,
): Promise<BareResult> {
  const messages = query({
    prompt: run.prompt,
    options: {
      cwd: run.cwd,
      model: 'claude-sonnet-4-5',
      settingSources: [],
      tools: ['Read'],
      ...run.options,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        CLAUDE_CONFIG_DIR: configDirectory,
        ANTHROPIC_BASE_URL: run.apiUrl,
        ANTHROPIC_API_KEY: 'none',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      },
      ...(sessionStore && { sessionStore }),
    },
  })
  let result = { sessionId: '', text: '' }
  const mirrorErrors: string[] = []
  for await (const message of messages) {
    if (message.type === 'system' && message.subtype === 'mirror_error') mirrorErrors.push(message.error)
    if (message.type !== 'result') continue
    result = { sessionId: message.session_id, text: message.subtype === 'success' ? message.result : message.subtype }
  }
  return { ...result, mirrorErrors }
}

const storages = { FilesystemStorage, PostgresStorage, RedisStorage, S3Storage, SqliteStorage }

/** A storage that processes share, as JSON can tell it: the class, and what it takes. */
export type SharedStorage = {
  [Name in keyof typeof storages]: [name: Name, ...options: ConstructorParameters<(typeof storages)[Name]>]
}[keyof typeof storages]

export const newStorage = ([name, options]: SharedStorage): LazyStorage => new storages[name](options as never)

/** What node is told to do the same in a process that knows nothing but the storage. */
export const bareProgram = (run: BareRun, shared: SharedStorage): string[] => [
  fileURLToPath(import.meta.url),
  JSON.stringify({ run, shared }),
]

/** Does so; the process must end by itself. */
export async function runBareProcess(run: BareRun, shared: SharedStorage): Promise<BareResult> {
  const { stdout } = await promisify(execFile)(process.execPath, bareProgram(run, shared))
  return JSON.parse(stdout) as BareResult
}

if (import.meta.main) {
  const { run, shared } = JSON.parse(process.argv[2]!) as { run: BareRun; shared: SharedStorage }
  // Nobody can close a storage that was made on the spot.
  process.stdout.write(JSON.stringify(await runBareAgent(run, newStorage(shared).sessionStore)))
}
