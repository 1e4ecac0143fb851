import type { ScriptRequest } from './script-request.ts'

type TemplateName = 'lastUserText' | 'prompt' | 'toolResult' | 'cwd' | 'model' | 'turn' | 'request'

/** Puts the request's words in the place of `{{name}}` in every string of `value`; other braces stay as they are. */
export function fillTemplates<Value>(value: Value, request: ScriptRequest): Value {
  return fill(value, (name) => templateValue(name, request)) as Value
}

function templateValue(name: string, request: ScriptRequest): string | undefined {
  switch (name as TemplateName) {
    case 'lastUserText':
      return request.lastUserText
    case 'prompt':
      return request.prompt
    case 'toolResult':
      return request.toolResults.map((result) => result.text).join('\n')
    case 'cwd':
      return request.cwd
    case 'model':
      return request.model
    case 'turn':
      return String(request.turn)
    case 'request':
      return String(request.request)
    default:
      return undefined
  }
}

function fill(value: unknown, look: (name: string) => string | undefined): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => look(name) ?? whole)
  if (Array.isArray(value)) return value.map((item) => fill(item, look))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, look)]))
}
