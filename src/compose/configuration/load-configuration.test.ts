import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PerdureError } from '../../errors/perdure-error.ts'
import { loadConfiguration } from './load-configuration.ts'

/** A machine with these files; a project lies in `project`, the user's home is `home`. */
function machine(files: Readonly<Record<string, unknown>>) {
  const root = mkdtempSync(join(tmpdir(), 'perdure-configuration-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, content] of Object.entries({ 'project/deep/down/keep': '', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const load = (environment: Record<string, string> = {}) =>
    loadConfiguration({
      environment: { HOME: join(root, 'home'), ...environment },
      currentDirectory: join(root, 'project/deep/down'),
    })
  return { root, load }
}

async function refusalOf(files: Readonly<Record<string, unknown>>, environment?: Record<string, string>) {
  const error = await machine(files)
    .load(environment)
    .then(
      () => null,
      (thrown: unknown) => PerdureError.from(thrown),
    )
  expect(error?.code).toBe('configuration_invalid')
  return error!
}

const userFile = 'home/.config/perdure/config.json'
const projectFile = 'project/perdure.config.json'

describe('what is in effect', () => {
  test('is nothing where nobody says anything', async () => {
    expect(await machine({}).load()).toEqual({ model: {}, settings: [] })
  })

  test('is the variable’s word before the project’s before the user’s, and keys are taken whole', async () => {
    const { root, load } = machine({
      [userFile]: {
        model: {
          baseUrl: 'https://user.example',
          keys: { main: { env: 'USER_KEY', tenants: ['a/b'] }, own: { vault: 'own' } },
          stall: { firstByteTimeoutMs: 1, idleTimeoutMs: 1 },
        },
      },
      [projectFile]: {
        model: {
          baseUrl: 'https://project.example',
          keys: { main: { file: 'secrets/key', kind: 'authToken' }, home: { file: '~/key' } },
          stall: { idleTimeoutMs: 2 },
          prices: 'prices.json',
        },
      },
    })
    const { model, settings } = await load({ PERDURE_MODEL_BASE_URL: 'https://variable.example' })
    expect(model).toEqual({
      baseUrl: 'https://variable.example',
      keys: {
        main: { file: join(root, 'project/secrets/key'), kind: 'authToken' },
        home: { file: join(root, 'home/key') },
        own: { vault: 'own' },
      },
      stall: { firstByteTimeoutMs: 1, idleTimeoutMs: 2 },
      prices: join(root, 'project/prices.json'),
    })
    expect(Object.fromEntries(settings.map(({ name, from }) => [name, from]))).toEqual({
      'model.baseUrl': 'PERDURE_MODEL_BASE_URL',
      'model.keys.home': join(root, projectFile),
      'model.keys.main': join(root, projectFile),
      'model.keys.own': join(root, userFile),
      'model.prices': join(root, projectFile),
      'model.stall.firstByteTimeoutMs': join(root, userFile),
      'model.stall.idleTimeoutMs': join(root, projectFile),
    })
  })

  test('may come from TypeScript', async () => {
    const { load } = machine({
      'project/perdure.config.ts': `const env: string = 'FIRST'\nexport default { model: { keys: { main: { env } } } }`,
    })
    expect((await load()).model.keys).toEqual({ main: { env: 'FIRST' } })
  })

  test('is the file that PERDURE_CONFIG names, and with none no project’s', async () => {
    const { root, load } = machine({
      [projectFile]: { model: { baseUrl: 'https://project.example' } },
      'other.json': { model: { baseUrl: 'https://other.example' } },
    })
    expect((await load({ PERDURE_CONFIG: join(root, 'other.json') })).model.baseUrl).toBe('https://other.example')
    expect((await load({ PERDURE_CONFIG: 'none' })).model).toEqual({})
  })

  test('is another gateway, by two variables', async () => {
    const { model } = await machine({}).load({ PERDURE_GATEWAY_URL: 'https://gateway.example' })
    expect(model.gateway).toEqual({ url: 'https://gateway.example', tokenFrom: { env: 'PERDURE_GATEWAY_TOKEN' } })
  })
})

describe('a mistake', () => {
  test.each([
    ['a misspelled section', { modle: {} }, { place: 'modle', hint: 'Did you mean model?' }],
    [
      'a misspelled name',
      { model: { keys: { main: { enw: 'X' } } } },
      { place: 'model.keys.main.enw', hint: 'Did you mean env?' },
    ],
    [
      'a misspelled limit',
      { model: { stall: { idleTimeoutms: 3 } } },
      { place: 'model.stall', hint: 'Did you mean idleTimeoutMs?' },
    ],
    ['two places', { model: { keys: { main: { env: 'X', vault: 'y' } } } }, { place: 'model.keys.main', hint: '' }],
    ['no place', { model: { keys: { main: { kind: 'apiKey' } } } }, { place: 'model.keys.main', hint: '' }],
    [
      'a line without a shell',
      { model: { keys: { main: { command: 'pass show x' } } } },
      { place: 'main.command', hint: '' },
    ],
    [
      'a tenant without a workspace',
      { model: { keys: { a: { env: 'X', tenants: ['acme'] } } } },
      { place: 'a.tenants.0', hint: '' },
    ],
    [
      'a URL with a login',
      { model: { baseUrl: 'https://user:hunter2@host.example' } },
      { place: 'baseUrl: holds', hint: '' },
    ],
    ['a URL that is none', { model: { baseUrl: 'nowhere' } }, { place: 'model.baseUrl', hint: '' }],
    [
      'a negative limit',
      { model: { keys: { a: { env: 'X', limits: { maxConcurrent: -1 } } } } },
      { place: 'maxConcurrent', hint: '' },
    ],
    ['not an object', [], { place: 'expected object', hint: '' }],
  ])('%s is named with its file and place', async (_what, content, { place, hint }) => {
    const error = await refusalOf({ [projectFile]: content })
    expect(error.message).toContain(projectFile)
    expect(error.message).toContain(place)
    expect(error.hint).toContain(hint)
  })

  test.each([
    { model: { keys: { main: { apiKey: 'hunter2' } } } },
    { model: { keys: { main: { env: `sk-ant-api03-${'hunter2'.repeat(4)}` } } } },
    { model: { keys: { main: { command: ['echo', `sk-ant-api03-${'hunter2'.repeat(4)}`] } } } },
    { model: { gateway: { url: 'https://g.example', token: 'hunter2' } } },
    { api_key: 'hunter2' },
  ])('a secret in a file is refused, with the ways it may come, and not shown', async (content) => {
    const error = await refusalOf({ [projectFile]: content })
    expect(error.hint).toMatch(/env.*file.*command.*vault/)
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  test.each([
    [{ [projectFile]: '{ "model": {},, }' }, 'not JSON'],
    [{ 'project/perdure.config.ts': 'export const other = {}' }, 'no default export'],
    [{ 'project/perdure.config.mjs': 'throw new Error("my own mistake")' }, 'my own mistake'],
    [{ [projectFile]: {}, 'project/perdure.config.ts': 'export default {}' }, 'are both here'],
    [{ [userFile]: 'nothing' }, 'config.json'],
  ])('in the file itself is told: %o', async (files, words) => {
    expect((await refusalOf(files)).message).toContain(words)
  })

  test('in a variable is named by it', async () => {
    const error = await refusalOf({}, { PERDURE_IDLE_TIMEOUT_MS: 'soon' })
    expect(error.message).toContain('PERDURE_IDLE_TIMEOUT_MS: model.stall.idleTimeoutMs')
    expect((await refusalOf({}, { PERDURE_CONFIG: 'missing.json' })).message).toContain('missing.json')
  })
})
