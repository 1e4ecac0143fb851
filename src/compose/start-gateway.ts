import type { ListenPlace } from '../gateway/listen.ts'
import type { RequestRecord } from '../gateway/standalone/request-record.ts'
import { startStandaloneGateway, type StandaloneGateway } from '../gateway/standalone/start-standalone-gateway.ts'
import { openWorkerTokens } from '../gateway/standalone/worker-tokens.ts'
import { chooseUpstream } from './choose-upstream.ts'

export interface GatewayOptions {
  readonly place: ListenPlace
  /** File of worker tokens; those of `PERDURE_GATEWAY_TOKENS` count as well. */
  readonly tokensFile?: string | undefined
  /** A script that plays the model. */
  readonly script?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: (record: RequestRecord | GatewayWarning) => void
}

export interface GatewayWarning {
  readonly time: string
  readonly message: 'warning'
  readonly text: string
}

/**
 * The gateway alone, for workers elsewhere. It serves others, so no person’s claude.ai login ever stands behind it.
 * @throws {PerdureError} `credentials_missing`, `configuration_invalid`, `invalid_request` when it cannot listen.
 */
export async function startGateway(options: GatewayOptions): Promise<StandaloneGateway> {
  const { place, tokensFile, script, environment, log } = options
  const tokens = await openWorkerTokens({
    file: tokensFile,
    text: environment['PERDURE_GATEWAY_TOKENS'],
    onWarning: (text) => log({ time: new Date().toISOString(), message: 'warning', text }),
  })
  const upstreams = tokens
    .tenants()
    .map(({ organizationId, workspaceId }) =>
      chooseUpstream({ script, allowLogin: false, organizationId, workspaceId }, environment),
    )
  // Chosen for each tenant, so that the lack of a key is told now; any of them serves all.
  const [upstream] = await Promise.all(upstreams)
  return startStandaloneGateway({ upstream: upstream!, tokens, place, log })
}
