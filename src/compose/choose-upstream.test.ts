import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { chooseUpstream, type UpstreamChoice } from './choose-upstream.ts'

const homes: string[] = []
afterEach(() => homes.splice(0).forEach((home) => rmSync(home, { recursive: true })))

function home(login?: { accessToken: string; expiresAt: number }): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-home-'))
  homes.push(folder)
  mkdirSync(join(folder, '.claude'))
  if (login !== undefined) {
    writeFileSync(join(folder, '.claude', '.credentials.json'), JSON.stringify({ claudeAiOauth: login }))
  }
  return folder
}

const hour = 3_600_000
const loggedIn = () => ({ HOME: home({ accessToken: 'sk-ant-oat01-invented', expiresAt: Date.now() + hour }) })
const nameOf = async (environment: Record<string, string>, options: UpstreamChoice = {}): Promise<string> =>
  chooseUpstream(options, environment).then(
    ({ name }) => name,
    (error: unknown) => String((error as { code?: unknown }).code),
  )

describe('who plays the model', () => {
  it('is the platform that the environment names, before any key', async () => {
    const key = { ANTHROPIC_API_KEY: 'sk-ant-invented' }
    expect(await nameOf(key)).toBe('anthropic')
    expect(await nameOf({ ...key, CLAUDE_CODE_USE_BEDROCK: '1' })).toBe('bedrock')
    expect(await nameOf({ ...key, CLAUDE_CODE_USE_BEDROCK: '0' })).toBe('anthropic')
    expect(await nameOf({ ...key, CLAUDE_CODE_USE_VERTEX: 'true', CLOUD_ML_REGION: 'global' })).toBe('vertex')
    const foundry = { CLAUDE_CODE_USE_FOUNDRY: '1', ANTHROPIC_FOUNDRY_RESOURCE: 'r', ANTHROPIC_FOUNDRY_API_KEY: 'k' }
    expect(await nameOf({ ...key, ...foundry })).toBe('foundry')
    expect(await nameOf({ ...foundry, CLAUDE_CODE_USE_BEDROCK: '1' })).toBe('invalid_request')
    expect(await nameOf({ CLAUDE_CODE_USE_VERTEX: '1' })).toBe('invalid_request')
  })

  it('is the person’s own login where there is no key', async () => {
    expect(await nameOf(loggedIn())).toBe('claude-login')
    expect(await nameOf({ HOME: home(), CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-invented' })).toBe('claude-login')
    expect(await nameOf({ ...loggedIn(), ANTHROPIC_API_KEY: 'sk-ant-invented' })).toBe('anthropic')
    expect(await nameOf({ HOME: home() })).toBe('credentials_missing')
  })

  it('is that login for runs of the default tenant too, such as those of a pool', async () => {
    expect(await nameOf(loggedIn(), { organizationId: 'default', workspaceId: 'default' })).toBe('claude-login')
  })

  it('is never that login for a server, for a tenant, or at another service', async () => {
    expect(await nameOf(loggedIn(), { allowLogin: false })).toBe('credentials_missing')
    expect(await nameOf(loggedIn(), { workspaceId: 'wrkspc_1' })).toBe('credentials_missing')
    expect(await nameOf({ ...loggedIn(), ANTHROPIC_BASE_URL: 'https://gateway.example' })).toBe('credentials_missing')
  })

  it('is nobody when the login has expired, and the error says how to renew it', async () => {
    const environment = { HOME: home({ accessToken: 'sk-ant-oat01-invented', expiresAt: Date.now() - hour }) }
    await expect(chooseUpstream({}, environment)).rejects.toMatchObject({
      code: 'authentication_failed',
      hint: expect.stringContaining('Run `claude` once') as string,
    })
  })

  it('is no service on another machine to which the key would travel in the clear', async () => {
    const environment = { ANTHROPIC_API_KEY: 'sk-ant-invented', ANTHROPIC_BASE_URL: 'http://gateway.internal:4000' }
    expect(await nameOf(environment)).toBe('invalid_request')
    expect(await nameOf({ ...environment, PERDURE_ALLOW_INSECURE: '1' })).toBe('anthropic')
    expect(await nameOf({ ...environment, ANTHROPIC_BASE_URL: 'http://127.0.0.1:4000' })).toBe('anthropic')
  })
})
