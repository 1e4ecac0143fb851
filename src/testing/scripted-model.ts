import { createScriptUpstream } from '../gateway/upstreams/script/create-script-upstream.ts'
import type { Script, ScriptRule } from '../gateway/upstreams/script/script.ts'
import { parseJson } from '../gateway/wire/message-request.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'

/** One model request as the agent sent it. */
export interface ScriptedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON body; undefined where there was none that could be read. */
  readonly body: unknown
  /** The status of the answer; undefined while there is none. */
  status: number | undefined
}

export interface ScriptedModel extends ModelUpstream {
  /** All requests so far, in their order. */
  readonly requests: readonly ScriptedRequest[]
}

/**
 * A model for tests that answers by rules and keeps what it was asked. For a script in a file:
 * `scriptedModel(await loadScript(path))`.
 * @throws {PerdureError} `script_invalid`.
 */
export function scriptedModel(source: Script | readonly ScriptRule[]): ScriptedModel {
  const upstream = createScriptUpstream(isRules(source) ? { rules: source } : source)
  const requests: ScriptedRequest[] = []
  return {
    name: upstream.name,
    requests,
    async handle(request) {
      const { method, path, headers, body } = request
      const json = parseJson(Buffer.from(body).toString('utf8'))
      const record: ScriptedRequest = { method, path, headers, body: json, status: undefined }
      requests.push(record)
      const answer = await upstream.handle(request)
      record.status = answer.status
      return answer
    },
  }
}

const isRules = (source: Script | readonly ScriptRule[]): source is readonly ScriptRule[] => Array.isArray(source)
