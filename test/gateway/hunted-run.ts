import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { call, start } from '../cli/command-line.ts'
import { scratchFolder } from '../support/scratch.ts'
import { startGuardedService } from './guarded-service.ts'

export interface HuntedRunOptions {
  readonly key: string
  /** Sets the source up; gives the variables that the host process gets. */
  readonly prepare: (machine: Machine) => Record<string, string> | Promise<Record<string, string>>
  /** What the agent's shell does around the search, to leak the key on purpose. `$SEARCH` is the search. */
  readonly shell?: string
  /** Files below the home that hold the key by design. */
  readonly ownPlaces: readonly string[]
}

export interface Machine {
  readonly home: string
  readonly project: string
  /** The service that demands the key. */
  readonly url: string
}

export interface HuntedRun {
  readonly exitCode: number | null
  readonly stderr: string
  /** Everything an agent could have left the key in, by where it is. */
  readonly places: Readonly<Record<string, Buffer>>
  /** Environment and command line of the process that runs Perdure. */
  readonly host: Buffer
  /** What the service was shown, one for each request. */
  readonly shown: readonly string[]
}

/** One run of the real command line and the real agent, searched from inside and outside while it works. */
export async function huntedRun({
  key,
  prepare,
  shell = 'eval "$SEARCH"',
  ownPlaces,
}: HuntedRunOptions): Promise<HuntedRun> {
  const [home, found] = [scratchFolder(), scratchFolder()]
  const project = join(home, 'project')
  mkdirSync(project)
  writeFileSync(join(found, 'search.sh'), searchFrom(found))
  const command = `SEARCH='. ${found}/search.sh'; export SEARCH; ${shell}`
  const { url, shown } = await startGuardedService(
    () => [key],
    [
      {
        when: { toolResult: false },
        reply: { tool: { name: 'Bash', input: { command, description: 'Look around' } } },
      },
      { reply: 'I saw: {{toolResult}}' },
    ],
  )
  const env = { HOME: home, XDG_CONFIG_HOME: '', ...(await prepare({ home, project, url })) }
  const run = start(['run', '--json', '--previews', '--tools', 'Bash', '--allowed-tools', 'Bash', 'look around'], {
    cwd: project,
    env,
  })
  await Promise.race([fileAppears(join(found, 'asked')), run.ended])
  const outside = familyOf(run.process.pid!)
  const host = processFacts(run.process.pid!)
  writeFileSync(join(found, 'go'), '')
  const { exitCode, stdout, stderr } = await run.ended
  const { session_id: id } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { session_id?: string }
  const events = await call(['session', 'events', id ?? 'latest', '--json'], { cwd: project, env: { HOME: home } })
  const places = {
    'processes, seen by the agent': contentOf(join(found, 'proc')),
    'processes, seen from outside': outside,
    'configuration of the agent': contentOf(join(found, 'config')),
    'work tree': contentOf(project, ['.perdure']),
    'data directory': contentOf(join(project, '.perdure')),
    home: contentOf(home, ['project', ...ownPlaces]),
    'standard output': Buffer.from(stdout),
    'standard error': Buffer.from(stderr),
    events: Buffer.from(events.stdout),
  }
  return { exitCode, stderr, places, host, shown }
}

/** The places that hold one of the secrets, as it is or encoded. */
export const whereFound = ({ places }: Pick<HuntedRun, 'places'>, secrets: readonly string[]): string[] =>
  Object.entries(places)
    .filter(([, content]) => holdsAny(content, secrets))
    .map(([name]) => name)

export const holdsAny = (content: Buffer, secrets: readonly string[]): boolean =>
  secrets.flatMap(spellings).some((spelling) => content.includes(spelling))

/** As it is, in hexadecimal digits, and in base64 wherever it stands in the encoded text. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    // The ends also depend on what stands beside it.
    const sure = encoded.slice(shift === 0 ? 0 : 4, -4)
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [secret, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64]
}

/** What a Bash call can see: every process of its /proc, its own environment, the agent's private folder. */
const searchFrom = (found: string): string => `
mkdir -p ${found}/proc
for process in /proc/[0-9]*; do
  cat $process/environ $process/cmdline > ${found}/proc/\${process#/proc/} 2>/dev/null
done
cp -r "$CLAUDE_CONFIG_DIR" ${found}/config
env; tr '\\0' '\\n' < /proc/$$/environ; cat /proc/[0-9]*/cmdline | tr '\\0' ' '
touch ${found}/asked
for _ in $(seq 300); do [ -e ${found}/go ] && break; sleep 0.1; done
`

async function fileAppears(path: string): Promise<void> {
  for (let tries = 0; tries < 400 && !existsSync(path); tries++)
    await new Promise((resolve) => setTimeout(resolve, 100))
}

/** Of all that a process has started, and what that has started. */
function familyOf(root: number): Buffer {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))]),
  )
  const isOfFamily = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === root || isOfFamily(parent))
  }
  return Buffer.concat([...parents.keys()].filter(isOfFamily).map(processFacts))
}

function parentOf(pid: number): number | undefined {
  const [, parent] = /^PPid:\s+(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`).toString('utf8')) ?? []
  return parent === undefined || parent === '0' ? undefined : Number(parent)
}

const processFacts = (pid: number): Buffer =>
  Buffer.concat([readIfThere(`/proc/${pid}/environ`), readIfThere(`/proc/${pid}/cmdline`)])

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/** All files below, one after the other, with their names. */
function contentOf(folder: string, without: readonly string[] = []): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !without.some((name) => `${relative(folder, path)}/`.startsWith(`${name}/`)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
  return Buffer.concat(files.flatMap((path) => [Buffer.from(`\n${path}\n`), readIfThere(path)]))
}
