import { modelNameOf } from '../../domain/prices/model-name.ts'
import type { CallBounds } from '../../domain/prices/worst-case-cost.ts'
import { asRecord, readString } from '../wire/message-request.ts'
import { boundTools } from './bound-tools.ts'
import { contextWindowOf } from './context-window.ts'
import type { KnownPrompts } from './known-prompts.ts'
import { promptItemsOf, type PromptItems } from './prompt-items.ts'

/** What a request may use at most, as asked. */
export interface RequestBound {
  readonly bounds: CallBounds
  /** Null where what was learnt of a prompt says nothing about others: the service reads it several times. */
  readonly prompt: PromptItems | null
  /** What nothing bounds, named for a person; null when all is bounded. */
  readonly unbounded: string | null
}

export interface BoundedRequest {
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly known: Pick<KnownPrompts, 'bound'>
}

/** Models that came before the choice of a place: asked for one, the API refuses. */
const placeless = /^claude-(2|3|instant|haiku-4|opus-4(-[015])?$|sonnet-4(-[05])?$)/

/**
 * An upper bound of what a Messages request can use, whatever the model answers. Text is bounded by its bytes,
 * or by what the service counted for its beginning; images and built-in tools by the largest count there is;
 * documents, and each round of a tool that runs at the service, by the context window.
 */
export function boundRequest({ body, headers, known }: BoundedRequest): RequestBound {
  const betas = headers['anthropic-beta'] ?? ''
  const model = readString(body['model']) ?? ''
  const window = contextWindowOf(model, { betas })
  const { extraRounds, webSearchRequests, unbounded } = boundTools(body)
  const items = promptItemsOf(body, { betas, window })
  const firstRound = Math.min(known.bound(items), window)
  return {
    bounds: {
      promptTokens: extraRounds === 0 ? firstRound : window * (1 + extraRounds),
      // An answer is read by its own model as it is written: no more of it fits into the window, whatever was asked for.
      outputTokens: Math.min(Number(body['max_tokens']), window),
      cacheWrite: cacheWriteOf(body),
      webSearchRequests,
      speed: body['speed'] === 'fast' ? 'fast' : 'standard',
      // Left out, a setting of the account decides.
      mayRunInUsOnly: body['inference_geo'] !== 'global' && !placeless.test(modelNameOf(model)),
    },
    prompt: extraRounds === 0 ? items : null,
    unbounded,
  }
}

/** The dearest mark for the cache anywhere in the request, at any depth. */
function cacheWriteOf(value: unknown): CallBounds['cacheWrite'] {
  if (value === null || typeof value !== 'object') return 'none'
  const mark = Array.isArray(value) ? undefined : asRecord(value)['cache_control']
  if (mark != null && asRecord(mark)['ttl'] === '1h') return '1h'
  let dearest: CallBounds['cacheWrite'] = mark == null ? 'none' : '5m'
  for (const inner of Object.values(value)) {
    const found = cacheWriteOf(inner)
    if (found === '1h') return found
    if (found === '5m') dearest = found
  }
  return dearest
}
