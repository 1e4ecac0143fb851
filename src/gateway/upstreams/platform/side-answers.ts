import type { UpstreamResponse } from '../../../ports/model-gateway.ts'
import { apiErrorResponse, jsonResponse } from '../../wire/api-error.ts'
import { knownModels } from './platform-models.ts'

/** What no platform serves and agents ask for: a greeting, and the list of models. */
export function sideAnswer(method: string, pathname: string, models: readonly string[]): UpstreamResponse {
  if (pathname === '/api/hello') return jsonResponse({ status: 200, text: '{"message":"hello"}' })
  const list = [...new Set([...models, ...knownModels])]
  if (method === 'GET' && pathname === '/v1/models') {
    const page = { data: list.map(describe), has_more: false, first_id: list[0], last_id: list.at(-1) }
    return jsonResponse({ status: 200, text: JSON.stringify(page) })
  }
  const asked = decodeURIComponent(/^\/v1\/models\/([^/]+)$/.exec(pathname)?.[1] ?? '')
  if (method === 'GET' && list.includes(asked)) {
    return jsonResponse({ status: 200, text: JSON.stringify(describe(asked)) })
  }
  return apiErrorResponse({ status: 404, message: `This upstream does not serve ${method} ${pathname}.` })
}

// The platforms tell no dates, and the field is required.
const describe = (id: string) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' })
