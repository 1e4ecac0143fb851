// Perdure's gateway alone in a process, with one run open.
import { newRunId } from '../../src/domain/ids.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import { createAnthropicUpstream } from '../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { say, givenTask } from '../support/program.ts'

export interface GatewayTask {
  readonly upstreamUrl: string
}

export interface OpenGateway {
  readonly baseUrl: string
  readonly token: string
}

if (import.meta.main) await serve(givenTask() as GatewayTask)

async function serve({ upstreamUrl }: GatewayTask): Promise<void> {
  const gateway = createModelGateway({
    defaultUpstream: createAnthropicUpstream({ credentials: { authToken: 'bench' }, baseUrl: upstreamUrl }),
  })
  const { baseUrl, token } = await gateway.openRun({ runId: newRunId(), observe: () => {} })
  process.once('disconnect', () => void gateway.close())
  say({ baseUrl, token } satisfies OpenGateway)
}
