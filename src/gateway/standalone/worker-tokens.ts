import { readFile, stat } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { newRunId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { RequestOrigin } from '../../ports/model-gateway.ts'
import { tenantPattern } from '../credentials/tenant-pattern.ts'
import { offeredTokens, tokenDigest } from '../run-token.ts'

/** Who may use a gateway that stands alone. Tokens are kept as digests only. */
export interface WorkerTokens {
  /** For whom there are tokens now. */
  tenants(): readonly RequestOrigin[]
  /** Whose request this is; undefined when it shows no token of the list. */
  find(headers: IncomingHttpHeaders): Promise<RequestOrigin | undefined>
}

export interface WorkerTokensOptions {
  /** A file of lines, read again when it changes. */
  readonly file?: string | undefined
  /** The same lines, from the environment; commas may stand for ends of lines. */
  readonly text?: string | undefined
  /** Hears why a changed file is not heeded: the former list stays in force. */
  readonly onWarning: (message: string) => void
}

const shortestToken = 20
/** How long a change of the file may go unnoticed. */
const checkEveryMs = 1_000
/** How long nobody believes that there are no tokens any more. */
const emptyForMs = 250

type TokenList = ReadonlyMap<string, RequestOrigin>

/**
 * Reads the list of tokens: a line for each, `organization/workspace token`; what follows `#` is a comment.
 * @throws {PerdureError} `configuration_invalid` when a line is wrong, the file cannot be read, or there is no token.
 */
export async function openWorkerTokens({ file, text = '', onWarning }: WorkerTokensOptions): Promise<WorkerTokens> {
  const given = parseTokens(text.replaceAll(',', '\n'), 'PERDURE_GATEWAY_TOKENS')
  const read = async (): Promise<TokenList> =>
    file === undefined ? given : new Map([...given, ...parseTokens(await readTokenFile(file), file)])
  let version = await versionOf(file)
  let tokens = await read()
  if (tokens.size === 0) {
    throw new PerdureError('configuration_invalid', 'The gateway has no worker tokens, so nobody could use it.', {
      hint: 'Write a line `organization/workspace token` for each worker: --tokens <file>, or PERDURE_GATEWAY_TOKENS.',
    })
  }

  let checkedAtMs = performance.now()
  const refresh = async (): Promise<void> => {
    if (file === undefined || performance.now() - checkedAtMs < checkEveryMs) return
    checkedAtMs = performance.now()
    const found = await versionOf(file)
    if (found === version) return
    version = found
    try {
      const changed = await read()
      // Whoever writes a file anew empties it first. One that stays empty is meant so.
      tokens = changed.size > 0 ? changed : await setTimeout(emptyForMs).then(read)
    } catch (error) {
      onWarning(`The former worker tokens stay in force. ${PerdureError.from(error).message}`)
    }
  }

  return {
    tenants: () => [...tokens.values()],
    async find(headers) {
      await refresh()
      // Looked up by digest, so the time it takes says nothing about the tokens.
      return offeredTokens(headers).flatMap((token) => tokens.get(tokenDigest(token).toString('hex')) ?? [])[0]
    },
  }
}

function parseTokens(text: string, place: string): TokenList {
  const tokens = new Map<string, RequestOrigin>()
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/)
    if (words[0] === '') continue
    const [tenant = '', token = ''] = words
    if (words.length !== 2 || !tenantPattern.test(tenant) || tenant.includes('*')) {
      throw invalid(place, index, 'a line is `organization/workspace token`')
    }
    if (token.length < shortestToken) throw invalid(place, index, `a token has at least ${shortestToken} characters`)
    const [organizationId = '', workspaceId = ''] = tenant.split('/')
    // A worker’s requests count as one long run, as far as whoever shares out turns is concerned.
    tokens.set(tokenDigest(token).toString('hex'), { runId: newRunId(), organizationId, workspaceId })
  }
  return tokens
}

/** Never with the line itself, which may hold a token. */
const invalid = (place: string, index: number, rule: string): PerdureError =>
  new PerdureError('configuration_invalid', `${place}, line ${index + 1}: ${rule}.`)

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new PerdureError('configuration_invalid', `The worker tokens cannot be read: ${file}`, { cause })
  }
}

async function versionOf(file: string | undefined): Promise<string> {
  const found = file === undefined ? undefined : await stat(file, { bigint: true }).catch(() => undefined)
  return found === undefined ? 'missing' : `${found.ino} ${found.mtimeNs} ${found.size}`
}
