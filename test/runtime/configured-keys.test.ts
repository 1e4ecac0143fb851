import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { MemoryStorage, openVault, runAgent, type Configuration, type RunAgentOptions } from '../../src/index.ts'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import { startGuardedService } from '../gateway/guarded-service.ts'
import { scratchFolder } from '../support/scratch.ts'

const storage = new MemoryStorage()
afterEach(async () => {
  delete process.env['PERDURE_CONFIG']
  delete process.env['PERDURE_VAULT_KEY']
  await processRuntime().close()
})

function configure(model: NonNullable<Configuration['model']>): string {
  const folder = scratchFolder()
  process.env['PERDURE_CONFIG'] = join(folder, 'perdure.config.json')
  writeFileSync(process.env['PERDURE_CONFIG'], JSON.stringify({ model }))
  return folder
}

const say = (options: Partial<RunAgentOptions> = {}) =>
  runAgent({ prompt: 'hello', cwd: scratchFolder(), model: 'claude-sonnet-4-5', tools: [], storage, ...options })

describe('the keys of a configuration', () => {
  test('serve each tenant its own, the same upstream in all runs', async () => {
    const { url, shown } = await startGuardedService(() => ['key-of-all', 'key-of-acme'], [{ reply: 'hello' }])
    process.env['PERDURE_VAULT_KEY'] = Buffer.alloc(32, 7).toString('base64')
    await (await openVault({ storage })).set('acme', 'key-of-acme')
    const folder = configure({
      baseUrl: url,
      keys: { main: { file: 'key' }, acme: { vault: 'acme', tenants: ['default/acme'] } },
    })
    writeFileSync(join(folder, 'key'), 'key-of-all', { mode: 0o600 })
    expect(await say()).toMatchObject({ status: 'completed', text: 'hello' })
    expect(new Set(shown.splice(0))).toEqual(new Set(['key-of-all']))
    expect(await say({ workspaceId: 'acme' })).toMatchObject({ status: 'completed' })
    expect(new Set(shown.splice(0))).toEqual(new Set(['key-of-acme']))
  })

  test('are replaced while the process lives, and the agent does not notice', async () => {
    let accepted = 'first-key-of-all'
    const { url, shown } = await startGuardedService(() => [accepted], [{ reply: 'hello' }])
    const file = join(scratchFolder(), 'key')
    writeFileSync(file, accepted)
    configure({ baseUrl: url, keys: { main: { command: ['cat', file] } } })
    expect(await say()).toMatchObject({ status: 'completed' })
    accepted = 'second-key-of-all'
    writeFileSync(file, accepted)
    const outcome = await say()
    expect(outcome).toMatchObject({ status: 'completed', text: 'hello' })
    expect(new Set(shown)).toEqual(new Set(['first-key-of-all', 'second-key-of-all']))
    expect(shown.indexOf('second-key-of-all')).toBe(shown.lastIndexOf('first-key-of-all') + 1)
  })

  test('that lack a tenant end its run before it begins', async () => {
    configure({ keys: { acme: { env: 'NOT_SET', tenants: ['default/acme'] } } })
    await expect(say()).rejects.toMatchObject({
      code: 'credentials_missing',
      message: expect.stringContaining('default/default') as string,
    })
    await expect(say({ workspaceId: 'acme' })).rejects.toMatchObject({
      code: 'credentials_missing',
      message: expect.stringContaining('NOT_SET') as string,
    })
  })
})

test('its prices are what a run costs', async () => {
  const { url } = await startGuardedService(() => ['key-of-all'], [{ reply: 'hello' }])
  const folder = configure({ baseUrl: url, keys: { main: { file: 'key' } }, prices: 'prices.json' })
  writeFileSync(join(folder, 'key'), 'key-of-all', { mode: 0o600 })
  const costs: number[] = []
  for (const multiplier of [1, 10]) {
    writeFileSync(join(folder, 'prices.json'), JSON.stringify({ multiplier }))
    let cost = 0
    await say({ onCostUpdate: (costUsd) => void (cost = costUsd) })
    costs.push(cost)
  }
  expect(costs[0]).toBeGreaterThan(0)
  expect(costs[1]! / costs[0]!).toBeCloseTo(10, 1)
})
