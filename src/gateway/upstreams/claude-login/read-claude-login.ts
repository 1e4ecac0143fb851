import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PerdureError } from '../../../errors/perdure-error.ts'
import { asRecord, parseJson, readString } from '../../wire/message-request.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The token with which `claude` on this machine is logged in to claude.ai: `CLAUDE_CODE_OAUTH_TOKEN`, else what its
 * login left in `.credentials.json`. Undefined when nobody is logged in, or when the login lies in a key chain of
 * the system. It is never refreshed here and nothing is written: that is for `claude` to do.
 * @throws {PerdureError} `authentication_failed` when the login has expired.
 */
export async function readClaudeLogin(environment: Environment): Promise<string | undefined> {
  const token = environment['CLAUDE_CODE_OAUTH_TOKEN']?.trim()
  if (token) return token
  const folder = environment['CLAUDE_CONFIG_DIR'] || join(environment['HOME'] || homedir(), '.claude')
  let text: string
  try {
    text = await readFile(join(folder, '.credentials.json'), 'utf8')
  } catch {
    return undefined
  }
  const { accessToken, expiresAt } = asRecord(asRecord(parseJson(text))['claudeAiOauth'])
  const stored = readString(accessToken)
  if (!stored) return undefined
  if (typeof expiresAt === 'number' && expiresAt <= Date.now()) {
    throw new PerdureError('authentication_failed', 'The claude.ai login has expired: run `claude` once to renew it.', {
      hint: 'Run `claude` once, which renews its login, or set ANTHROPIC_API_KEY.',
    })
  }
  return stored
}
