import type { UpstreamResponse } from '../../../ports/model-gateway.ts'
import { jsonResponse } from '../../wire/api-error.ts'
import { asRecord } from '../../wire/message-request.ts'
import type { PlatformRequest, SendPlatformCall } from '../platform/create-platform-upstream.ts'

/**
 * Counts with Bedrock’s CountTokens, which takes the body of an invocation in base64 and knows models, not
 * inference profiles.
 */
export async function countBedrockTokens(
  { headers, body }: PlatformRequest,
  send: SendPlatformCall,
): Promise<UpstreamResponse> {
  const { model, ...input } = body
  const invocation = { max_tokens: 1, ...input }
  const answer = await send({
    path: `/model/${encodeURIComponent(withoutProfile(String(model)))}/count-tokens`,
    headers,
    body: { input: { invokeModel: { body: Buffer.from(JSON.stringify(invocation)).toString('base64') } } },
  })
  const { inputTokens } = asRecord(await answer.json())
  return jsonResponse({ status: 200, text: JSON.stringify({ input_tokens: Number(inputTokens) }) })
}

const withoutProfile = (model: string): string => model.replace(/^[a-z-]+\.(?=anthropic\.)/, '')
