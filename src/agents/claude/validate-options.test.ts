import { describe, expect, test, vi } from 'vitest'
import { validateOptions } from './validate-options.ts'

/** As a JavaScript caller would, whom no type stops. */
const validate = (options: Record<string, unknown>) => () => validateOptions(options)
const failure = (code: string, words: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(words) as string })

describe('validateOptions', () => {
  test('lets pass what the agent knows', () => {
    expect(validate({})).not.toThrow()
    expect(validate({ maxTurns: 3, env: { FRUIT: 'plum' }, extraArgs: { 'replay-user-messages': null } })).not.toThrow()
  })

  test.each([
    ['alowedTools', 'Did you mean allowedTools?'],
    ['maxTurn', 'Did you mean maxTurns?'],
    ['fruit', 'docs/reference/agent-options.md'],
  ])('refuses the unknown key %s, with the nearest name', (name, hint) => {
    expect(validate({ [name]: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid_request', hint: expect.stringContaining(hint) }),
    )
  })

  test.each([
    [{ env: { ANTHROPIC_API_KEY: 'x' } }, 'env may not set ANTHROPIC_API_KEY'],
    [{ env: { CLAUDE_CONFIG_DIR: '/x' } }, 'env may not set CLAUDE_CONFIG_DIR'],
    [{ env: { CLAUDE_CODE_USE_BEDROCK: '1' } }, 'env may not set CLAUDE_CODE_USE_BEDROCK'],
    [{ settings: { env: { ANTHROPIC_BASE_URL: 'x' } } }, 'settings.env may not set ANTHROPIC_BASE_URL'],
    [
      { managedSettings: { env: { ANTHROPIC_AUTH_TOKEN: 'x' } } },
      'managedSettings.env may not set ANTHROPIC_AUTH_TOKEN',
    ],
    [{ extraArgs: { resume: 'x' } }, "extraArgs['resume']"],
    [{ extraArgs: { '--max-budget-usd': '1' } }, 'Set budget: { maxCostUSD }'],
    [{ maxBudgetUsd: 1 }, 'Set budget: { maxCostUSD }'],
    [{ enableFileCheckpointing: true }, 'rewind the session'],
  ])('refuses what would go around Perdure: %j', (options, words) => {
    expect(validate(options)).toThrow(failure('option_not_supported', words))
  })

  test.each([
    { maxTurns: 0 },
    { maxTurns: 1.5 },
    { maxTurns: '3' },
    { permissionMode: 'bypass' },
    { model: '' },
    { allowedTools: 'Bash' },
    { disallowedTools: [1] },
    { tools: 'Bash' },
  ])('refuses what the agent would ignore or end over: %j', (options) => {
    expect(validate(options)).toThrow(failure('invalid_request', `Option ${Object.keys(options)[0]}:`))
  })

  test('refuses bypassPermissions as root, unless the machine is said to be a sandbox', () => {
    const user = vi.spyOn(process, 'getuid')
    const bypass = { permissionMode: 'bypassPermissions' }
    user.mockReturnValue(0)
    vi.stubEnv('IS_SANDBOX', '1')
    expect(validate(bypass)).not.toThrow()
    expect(validate({ ...bypass, env: { IS_SANDBOX: undefined } })).toThrow(failure('option_not_supported', 'root'))
    vi.stubEnv('IS_SANDBOX', undefined)
    expect(validate(bypass)).toThrow(failure('option_not_supported', 'root'))
    expect(validate({ ...bypass, env: { IS_SANDBOX: '1' } })).not.toThrow()
    user.mockReturnValue(1000)
    expect(validate(bypass)).not.toThrow()
    user.mockRestore()
    vi.unstubAllEnvs()
  })

  test('refuses a schema that is none, or that can never be filled', () => {
    const withSchema = (schema: unknown) => validate({ outputFormat: { type: 'json_schema', schema } })
    expect(withSchema({ type: 'nonsense' })).toThrow(failure('invalid_request', 'not a valid JSON schema'))
    expect(withSchema({ type: 'array' })).toThrow(failure('invalid_request', 'must describe an object'))
  })

  test('refuses an agent that is not there', () => {
    expect(validate({ pathToClaudeCodeExecutable: '/nowhere/claude' })).toThrow(
      failure('agent_binary_missing', '/nowhere/claude'),
    )
  })
})
