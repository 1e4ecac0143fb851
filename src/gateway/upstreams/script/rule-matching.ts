import type { ScriptCondition, ScriptRule, TextCondition, ToolResultCondition } from './script.ts'
import type { ScriptRequest, ScriptToolResult } from './script-request.ts'

/** Whether a rule fits, but for `times`, which is the caller's to count. */
export function ruleFits({ when = {} }: ScriptRule, request: ScriptRequest): boolean {
  if (typeof when === 'function') return request.kind === 'turn' && when(request)
  return (
    request.kind === (when.kind ?? 'turn') &&
    numberFits(when.turn, request.turn) &&
    numberFits(when.request, request.request) &&
    textFits(when.lastUserText, request.lastUserText) &&
    textFits(when.prompt, request.prompt) &&
    textFits(when.model, request.model) &&
    toolResultsFit(when.toolResult, request.toolResults) &&
    agentFits(when.agent, request)
  )
}

function numberFits(wanted: number | readonly number[] | undefined, number: number): boolean {
  return wanted === undefined || (typeof wanted === 'number' ? wanted === number : wanted.includes(number))
}

export function textFits(wanted: TextCondition | undefined, text: string): boolean {
  if (wanted === undefined) return true
  if (typeof wanted === 'string') return text.includes(wanted)
  // `search` ignores the state that a global expression keeps.
  if (wanted instanceof RegExp) return text.search(wanted) >= 0
  return (
    (wanted.contains === undefined || text.includes(wanted.contains)) &&
    (wanted.equals === undefined || text === wanted.equals) &&
    (wanted.matches === undefined || text.search(new RegExp(wanted.matches, wanted.flags)) >= 0)
  )
}

function toolResultsFit(wanted: ScriptCondition['toolResult'], results: readonly ScriptToolResult[]): boolean {
  if (wanted === undefined) return true
  if (typeof wanted === 'boolean') return wanted === results.length > 0
  const described: ToolResultCondition = typeof wanted === 'string' ? { tool: wanted } : wanted
  return results.some(
    (result) =>
      (described.tool === undefined || described.tool === result.tool) &&
      (described.isError === undefined || described.isError === result.isError) &&
      textFits(described.text, result.text),
  )
}

function agentFits(wanted: ScriptCondition['agent'], { thread, systemText }: ScriptRequest): boolean {
  if (wanted === undefined) return true
  if (typeof wanted === 'boolean') return wanted === (thread !== null)
  return thread !== null && textFits(wanted, systemText)
}
