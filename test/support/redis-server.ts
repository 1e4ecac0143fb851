import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * The server lives for as long as standard input is open: whoever started it, however he ends, leaves none behind. It is
 * waited for: one that is busy with the disk keeps its port beyond the signal.
 */
const program = `sh -c 'echo $$; exec redis-server "$@"' redis "$@" & cat >/dev/null; kill -9 $! 2>/dev/null; wait $!`

export interface RedisServerOptions {
  /** Further settings, as the server’s command line takes them: `['--maxmemory', '10mb']`. */
  readonly settings?: readonly string[]
}

/** A real Redis on a free port of this machine, empty, that has each write on the disk before it answers. */
export class TestRedisServer {
  readonly port: number
  readonly url: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'perdure-redis-'))
  readonly #settings: readonly string[]
  #child: ChildProcess | undefined
  #processId = 0

  private constructor(port: number, { settings = [] }: RedisServerOptions) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.#settings = settings
  }

  static async start(options: RedisServerOptions = {}): Promise<TestRedisServer> {
    const server = new TestRedisServer(await freePort(), options)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always']
    const settings = [...place, ...durable, ...this.#settings]
    const child = spawn('sh', ['-c', program, 'redis', ...settings], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    const said: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line)
      // The shell says it before it becomes the server.
      if (said.length === 1) this.#processId = Number(line)
      if (!line.includes('Ready to accept connections')) continue
      child.stdout.resume()
      return
    }
    throw new Error(`Redis does not start: ${said.join('\n')}`)
  }

  /** As when the machine’s power goes, but for what it has told the system to write. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null) return
    const ended = once(child, 'exit')
    process.kill(this.#processId, 'SIGKILL')
    child.stdin!.end()
    await ended
  }

  /** It is there, and answers nothing; or goes on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.#processId, name)
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/**
 * Below those that the system gives to connections: while the server is away, a client that tries again and again could
 * otherwise be given that very port, and be connected to itself.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const probe = createServer()
    const isFree = new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!(await isFree)) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}
