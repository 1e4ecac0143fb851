import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse, jsonResponse } from '../../wire/api-error.ts'
import { asRecord, parseJson, readMessageRequest } from '../../wire/message-request.ts'
import { answerMessage } from './answer-message.ts'
import { createReplyChooser } from './choose-reply.ts'
import { contentOf } from './reply-content.ts'
import { parseScript } from './parse-script.ts'
import type { Script, ScriptReply } from './script.ts'
import { readScriptRequest, type ScriptRequest } from './script-request.ts'
import { errorAnswer, streamedAnswer, wholeAnswer } from './send-answer.ts'
import { estimateInput } from './usage-estimate.ts'
import { whyRefused } from './validate-request.ts'

/**
 * A model that is played by a script, so that the real agent, binary and tools run without a key. It keeps
 * what was played per session, and refuses with 400 what the real API refuses.
 * @throws {PerdureError} `script_invalid` when the script breaks the format.
 */
export function createScriptUpstream(script: Script): ModelUpstream {
  const chooser = createReplyChooser(parseScript(script, script.name ?? 'script'))

  const handle = async ({ method, path, headers, body, signal }: UpstreamRequest): Promise<UpstreamResponse> => {
    const [pathname] = path.split('?')
    if (pathname === '/v1/messages/count_tokens' && method === 'POST') return countTokens(body)
    if (pathname !== '/v1/messages' || method !== 'POST') return otherAnswer(method, pathname!)
    const json = parseJson(Buffer.from(body).toString('utf8'))
    const refusal = whyRefused(json)
    if (refusal !== undefined) return apiErrorResponse({ status: 400, message: refusal })
    const view = readMessageRequest(json)
    const request = readScriptRequest({ view, headers, body: asRecord(json) })
    let reply: ScriptReply | undefined
    try {
      reply = await chooser.choose(request)
    } catch (cause) {
      return scriptFailed(`The script failed: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
    if (reply === undefined) return scriptFailed(describeUnanswered(request))
    if (reply.delayMs !== undefined) await sleep(reply.delayMs, undefined, { signal })
    return answer(reply, { request, streamed: view.streamed, signal })
  }

  return { name: 'script', handle }
}

interface AnswerContext {
  readonly request: ScriptRequest
  readonly streamed: boolean
  readonly signal: AbortSignal
}

function answer(reply: ScriptReply, { request, streamed, signal }: AnswerContext): UpstreamResponse {
  if (reply.error !== undefined) return errorAnswer(reply.error)
  const message = answerMessage(contentOf(reply, request), { reply, request })
  return streamed ? streamedAnswer(message, { reply, signal }) : wholeAnswer(message, { reply, signal })
}

/** 400, and no repeat: the script would not answer the second time either. */
const scriptFailed = (message: string): UpstreamResponse =>
  apiErrorResponse({ status: 400, message, options: { headers: { 'x-should-retry': 'false' } } })

function describeUnanswered({ thread, turn, request, lastUserText, toolResults, kind }: ScriptRequest): string {
  const results = toolResults.map(({ tool, isError }) => (isError ? `${tool} (error)` : tool))
  const facts = [
    thread === null ? 'main thread' : `sub-agent ${thread}`,
    ...(kind === 'turn' ? [] : [kind]),
    `turn ${turn}`,
    `request ${request}`,
    `last user text ${JSON.stringify(lastUserText.slice(0, 200))}`,
    `tool results: ${results.length === 0 ? 'none' : results.join(', ')}`,
  ]
  return `The script has no answer for this request (${facts.join('; ')}).`
}

function countTokens(body: Uint8Array): UpstreamResponse {
  const usage = estimateInput(asRecord(parseJson(Buffer.from(body).toString('utf8'))))
  const { input_tokens = 0, cache_creation_input_tokens = 0, cache_read_input_tokens = 0 } = usage
  const total = input_tokens + cache_creation_input_tokens + cache_read_input_tokens
  return jsonResponse({ status: 200, text: JSON.stringify({ input_tokens: total }) })
}

const models = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5']

function otherAnswer(method: string, pathname: string): UpstreamResponse {
  if (pathname === '/api/hello') return jsonResponse({ status: 200, text: '{"message":"hello"}' })
  if (pathname !== '/v1/models' || method !== 'GET') {
    return apiErrorResponse({ status: 404, message: `The script does not play ${method} ${pathname}.` })
  }
  const data = models.map((id) => ({ type: 'model', id, display_name: id, created_at: '2025-01-01T00:00:00Z' }))
  const page = { data, has_more: false, first_id: models[0], last_id: models.at(-1) }
  return jsonResponse({ status: 200, text: JSON.stringify(page) })
}
