import { asRecord } from '../../wire/message-request.ts'
import type { ScriptReply } from './script.ts'
import type { ScriptRequest } from './script-request.ts'

const noSearch = 'No results: a script plays the model, and nothing was searched.'

/** What requests beside the conversation get where no rule asks for them: enough for the agent to go on. */
export function sideReply(request: ScriptRequest): ScriptReply | undefined {
  if (request.kind === 'compaction') {
    return { text: '<summary>\nThe conversation so far, summarised by the script.\n</summary>' }
  }
  if (request.kind !== 'side') return undefined
  const format = asRecord(asRecord(request.body['output_config'])['format'])
  if (format['type'] === undefined) return { text: request.tools.length > 0 ? noSearch : 'OK' }
  return { text: JSON.stringify(exampleOf(asRecord(format['schema']))) }
}

/** The smallest value that has a schema's shape; strings say where they come from. */
function exampleOf(schema: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  switch (schema['type']) {
    case 'object': {
      const properties = Object.entries(asRecord(schema['properties']))
      return Object.fromEntries(properties.map(([name, property]) => [name, exampleOf(asRecord(property))]))
    }
    case 'array':
      return []
    case 'string':
      return 'Scripted session'
    case 'number':
    case 'integer':
      return 0
    case 'boolean':
      return false
    default:
      return null
  }
}
