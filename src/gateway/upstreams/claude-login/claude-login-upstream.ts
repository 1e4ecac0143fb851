import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream } from '../../../ports/model-gateway.ts'
import { credentialOf, type CredentialSource } from '../../credentials/credential-source.ts'
import { createAnthropicUpstream } from '../anthropic/anthropic-upstream.ts'
import { readClaudeLogin } from './read-claude-login.ts'

export interface ClaudeLoginOptions {
  /** Where the login is looked for, and the proxy. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Default: the Anthropic API. */
  readonly baseUrl?: string
}

/** The API takes a login in the place of a key only with this. */
const loginBeta = 'oauth-2025-04-20'

/**
 * The Anthropic API with a person’s own claude.ai login, for that person’s own runs; it is not for serving others.
 * Undefined when nobody is logged in on this machine.
 * @throws {PerdureError} `authentication_failed` when the login has expired.
 */
export async function claudeLoginUpstream(options: ClaudeLoginOptions): Promise<ModelUpstream | undefined> {
  const { environment, baseUrl } = options
  if ((await readClaudeLogin(environment)) === undefined) return undefined
  const anthropic = createAnthropicUpstream({
    credentials: loginSource(environment),
    environment,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  })
  return {
    name: 'claude-login',
    handle(request) {
      const betas = (request.headers['anthropic-beta'] ?? '').split(',').filter((beta) => beta.trim() !== '')
      const asked = betas.includes(loginBeta) ? betas : [...betas, loginBeta]
      return anthropic.handle({ ...request, headers: { ...request.headers, 'anthropic-beta': asked.join(',') } })
    },
    close: async () => anthropic.close?.(),
  }
}

/** Read for each request, because `claude` renews its login now and then. */
const loginSource = (environment: ClaudeLoginOptions['environment']): CredentialSource => ({
  description: 'claude.ai login of this machine',
  async read() {
    const token = await readClaudeLogin(environment)
    if (token === undefined)
      throw new PerdureError('authentication_failed', 'The claude.ai login of this machine is gone.')
    return credentialOf(token, 'authToken')
  },
})
