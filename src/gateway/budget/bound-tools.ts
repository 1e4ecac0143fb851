import { asRecord, listOf, readString } from '../wire/message-request.ts'

/** What tools may cost beyond the tokens of their definitions. */
export interface ToolBounds {
  /** How often the service may read the prompt again for tools that it runs itself. */
  readonly extraRounds: number
  readonly webSearchRequests: number
  /** What nothing bounds, named for a person; null when all is bounded. */
  readonly unbounded: string | null
}

/** Tools with a type of the API's that the client runs: they cost what their definitions cost. */
const runByClient = /^(custom|bash_\d+|text_editor_\d+|computer_\d+|memory_\d+)$/
/** Tools that the service runs, at most `max_uses` times. */
const boundedByUses = /^(web_search|web_fetch)_\d+$/

/** Bounds what the service may do for tools on its side. Each use may fill the context window, which is read again. */
export function boundTools(body: Readonly<Record<string, unknown>>): ToolBounds {
  let extraRounds = 0
  let webSearchRequests = 0
  let unbounded = unboundedSetting(body)
  for (const tool of listOf(body['tools'])) {
    const type = readString(asRecord(tool)['type']) ?? 'custom'
    if (runByClient.test(type)) continue
    const uses = asRecord(tool)['max_uses']
    if (boundedByUses.test(type) && typeof uses === 'number' && Number.isSafeInteger(uses) && uses >= 0) {
      extraRounds += uses
      if (type.startsWith('web_search')) webSearchRequests += uses
    } else {
      unbounded ??= `the tool ${readString(asRecord(tool)['name']) ?? ''} (${type})`
    }
  }
  return { extraRounds, webSearchRequests, unbounded }
}

/** Fields with which the service may read and write more than the request shows. */
function unboundedSetting(body: Readonly<Record<string, unknown>>): string | null {
  if (listOf(body['mcp_servers']).length > 0) return 'mcp_servers'
  if (body['container'] != null) return 'container'
  const edits = listOf(asRecord(body['context_management'])['edits'])
  const isCompacted = edits.some((edit) => readString(asRecord(edit)['type'])?.startsWith('compact'))
  return isCompacted ? 'context_management with compaction' : null
}
