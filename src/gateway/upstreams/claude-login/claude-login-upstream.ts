import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse } from '../../wire/api-error.ts'
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
  const { environment } = options
  const first = await readClaudeLogin(environment)
  if (first === undefined) return undefined
  let used = { token: first, upstream: upstreamWith(first, options) }

  /** `claude` renews its login now and then, so it is read for each request. */
  const current = async (): Promise<ModelUpstream> => {
    const token = await readClaudeLogin(environment)
    if (token === undefined)
      throw new PerdureError('authentication_failed', 'The claude.ai login of this machine is gone.')
    // What the former one still answers goes on; its idle connections end by themselves.
    if (token !== used.token) used = { token, upstream: upstreamWith(token, options) }
    return used.upstream
  }

  return {
    name: 'claude-login',
    async handle(request): Promise<UpstreamResponse> {
      let upstream: ModelUpstream
      try {
        upstream = await current()
      } catch (cause) {
        const { message, hint } = PerdureError.from(cause)
        return apiErrorResponse({ status: 401, message: `${message} ${hint}` })
      }
      const betas = (request.headers['anthropic-beta'] ?? '').split(',').filter((beta) => beta.trim() !== '')
      const asked = betas.includes(loginBeta) ? betas : [...betas, loginBeta]
      return upstream.handle({ ...request, headers: { ...request.headers, 'anthropic-beta': asked.join(',') } })
    },
    close: async () => used.upstream.close?.(),
  }
}

const upstreamWith = (authToken: string, { environment, baseUrl }: ClaudeLoginOptions): ModelUpstream =>
  createAnthropicUpstream({
    credentials: { authToken },
    environment,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  })
