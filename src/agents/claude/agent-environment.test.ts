import { expect, test } from 'vitest'
import { agentEnvironment } from './agent-environment.ts'

const host = {
  PATH: '/bin',
  HOME: '/home/ada',
  ANTHROPIC_API_KEY: 'sk-secret',
  AWS_SECRET_ACCESS_KEY: 'secret',
  LANG: 'de',
}
const request = {
  options: {},
  configDirectory: '/config',
  gateway: { baseUrl: 'http://gateway/run/1', token: 'run-token' },
}

test('holds the gateway’s address and token, and no secret of the host', () => {
  const environment = agentEnvironment(request, host)
  expect(environment).toMatchObject({
    PATH: '/bin',
    HOME: '/home/ada',
    CLAUDE_CONFIG_DIR: '/config',
    ANTHROPIC_BASE_URL: 'http://gateway/run/1',
    ANTHROPIC_AUTH_TOKEN: 'run-token',
  })
  expect(JSON.stringify(environment)).not.toContain('secret')
})

test('finds the gateway at its socket, and keeps to settled features where the upstream knows no others', () => {
  const gateway = { ...request.gateway, socketPath: '/run/gateway.sock', betas: 'stable' as const }
  expect(agentEnvironment({ ...request, gateway }, host)).toMatchObject({
    ANTHROPIC_UNIX_SOCKET: '/run/gateway.sock',
    CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
  })
  const plain = agentEnvironment({ ...request, gateway: { ...request.gateway, betas: 'all' } }, host)
  expect(plain).not.toHaveProperty('ANTHROPIC_UNIX_SOCKET')
  expect(plain).not.toHaveProperty('CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS')
})

test('the user’s variables lie over the base, and may take one out', () => {
  const options = { env: { CLAUDE_CODE_MAX_RETRIES: '9', LANG: undefined } }
  const environment = agentEnvironment({ ...request, options }, host)
  expect(environment['CLAUDE_CODE_MAX_RETRIES']).toBe('9')
  expect(environment).not.toHaveProperty('LANG')
})

test('without a gateway the agent finds its model by the host’s own variables', () => {
  const environment = agentEnvironment({ ...request, gateway: null }, host)
  expect(environment['ANTHROPIC_API_KEY']).toBe('sk-secret')
  expect(environment).not.toHaveProperty('AWS_SECRET_ACCESS_KEY')
})
