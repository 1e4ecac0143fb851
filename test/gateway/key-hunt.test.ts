import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { call } from '../cli/command-line.ts'
import { requires } from '../support/require.ts'
import { holdsAny, huntedRun, whereFound, type HuntedRun, type Machine } from './hunted-run.ts'

const newKey = (): string => `sk-ant-api03-hunted-${randomBytes(24).toString('base64url')}`

const configure = ({ project, url }: Machine, place: Readonly<Record<string, unknown>>): void =>
  writeFileSync(
    join(project, 'perdure.config.json'),
    JSON.stringify({ model: { baseUrl: url, keys: { main: place } } }),
  )

function writeKeyFile({ home }: Machine, key: string): string {
  mkdirSync(join(home, 'keys'))
  const path = join(home, 'keys/key')
  writeFileSync(path, `${key}\n`, { mode: 0o600 })
  return path
}

/** Nothing is found only where something was searched. */
function expectSearched({ exitCode, stderr, places }: HuntedRun): void {
  expect(exitCode, stderr).toBe(0)
  for (const name of ['processes, seen by the agent', 'processes, seen from outside'])
    expect(places[name]?.toString('latin1')).toContain('ANTHROPIC_AUTH_TOKEN=perdure-run-')
  for (const name of ['standard output', 'events']) expect(places[name]?.toString()).toContain('[redacted:run_token]')
  expect(places['data directory']?.toString('latin1')).toContain('I saw:')
  expect(places['configuration of the agent']?.length).toBeGreaterThan(0)
}

/** Where a key may come from, and whether the process that runs Perdure has it in its environment then. */
const sources: readonly {
  readonly from: string
  readonly isInHost: boolean
  readonly prepare: (machine: Machine, key: string) => Record<string, string>
}[] = [
  {
    from: 'ANTHROPIC_API_KEY',
    isInHost: true,
    prepare: ({ url }, key) => ({ ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url }),
  },
  {
    from: 'a variable of another name',
    isInHost: true,
    prepare: (machine, key) => {
      configure(machine, { env: 'MY_MODEL_KEY' })
      return { MY_MODEL_KEY: key }
    },
  },
  {
    from: 'a file',
    isInHost: false,
    prepare: (machine, key) => {
      configure(machine, { file: writeKeyFile(machine, key), kind: 'authToken' })
      return {}
    },
  },
  {
    from: 'a command',
    isInHost: false,
    prepare: (machine, key) => {
      configure(machine, { command: ['cat', writeKeyFile(machine, key)] })
      return {}
    },
  },
]

const { test } = requires('linux', 'pid-namespace')

describe('a key is nowhere that an agent or its records could show it', () => {
  for (const { from, prepare, isInHost } of sources)
    test(`when it comes from ${from}`, async () => {
      const key = newKey()
      const run = await huntedRun({ key, prepare: (machine) => prepare(machine, key), ownPlaces: ['keys'] })
      expectSearched(run)
      expect(run.shown.length).toBeGreaterThan(1)
      expect(new Set(run.shown)).toEqual(new Set([key]))
      expect(whereFound(run, [key])).toEqual([])
      // Honestly: a variable stays in the environment of the process that was started with it.
      expect(holdsAny(run.host, [key])).toBe(isInHost)
    })

  test('when it comes from the vault, and the master key is nowhere either', async () => {
    const key = newKey()
    let masterKey = ''
    const run = await huntedRun({
      key,
      ownPlaces: ['.config/perdure/vault.key'],
      prepare: async (machine) => {
        const { home, project: cwd } = machine
        const env = { HOME: home, XDG_CONFIG_HOME: '' }
        expect((await call(['vault', 'set', 'main'], { cwd, env, stdin: key })).exitCode).toBe(0)
        masterKey = readFileSync(join(home, '.config/perdure/vault.key'), 'utf8').trim()
        configure(machine, { vault: 'main' })
        return {}
      },
    })
    expectSearched(run)
    expect(new Set(run.shown)).toEqual(new Set([key]))
    expect(masterKey).toHaveLength(44)
    const raw = Buffer.from(masterKey, 'base64')
    expect(whereFound(run, [key, masterKey])).toEqual([])
    expect(Object.values(run.places).some((content) => content.includes(raw))).toBe(false)
    expect(holdsAny(run.host, [key, masterKey])).toBe(false)
  })
})

describe('the hunt itself', () => {
  test('finds what is leaked on purpose, and redaction keeps it out of events and output', async () => {
    const key = newKey()
    const run = await huntedRun({
      key,
      ownPlaces: ['keys'],
      prepare: (machine) => {
        configure(machine, { file: writeKeyFile(machine, key) })
        writeFileSync(join(machine.project, 'planted'), key)
        return {}
      },
      shell: `sh -c 'sleep 60' "$(cat planted)" & LEAK="$(cat planted)" sh -c 'eval "$SEARCH"'; cat planted; kill $!`,
    })
    expectSearched(run)
    expect(whereFound(run, [key]).toSorted()).toEqual([
      'data directory',
      'processes, seen by the agent',
      'processes, seen from outside',
      'work tree',
    ])
    expect(run.places['events']?.toString()).toContain('[redacted:credential]')
    expect(run.places['standard output']?.toString()).toContain('[redacted:credential]')
  })
})
