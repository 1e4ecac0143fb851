import { parseReply } from './parse-script.ts'
import { ruleFits } from './rule-matching.ts'
import type { Script, ScriptReply, ScriptReplySource, ScriptRule } from './script.ts'
import type { ScriptRequest } from './script-request.ts'
import { sideReply } from './side-answers.ts'

/** Which reply answers a request; remembers per session what has been played. */
export interface ReplyChooser {
  /** Undefined when the script has no answer. The choice is made before the first wait, so parallel requests never share one. */
  choose(request: ScriptRequest): Promise<ScriptReply | undefined>
}

interface SessionState {
  readonly fired: Map<ScriptRule, number>
  nextTurn: number | undefined
}

export function createReplyChooser({ rules = [], turns = [] }: Script): ReplyChooser {
  const sessions = new Map<string, SessionState>()

  const stateOf = (session: string): SessionState => {
    const state = sessions.get(session) ?? { fired: new Map(), nextTurn: undefined }
    sessions.set(session, state)
    return state
  }

  const takeRule = (request: ScriptRequest, { fired }: SessionState): ScriptRule | undefined => {
    const rule = rules.find((candidate) => {
      const limit = typeof candidate.when === 'object' ? (candidate.when.times ?? Infinity) : Infinity
      return (fired.get(candidate) ?? 0) < limit && ruleFits(candidate, request)
    })
    if (rule !== undefined) fired.set(rule, (fired.get(rule) ?? 0) + 1)
    return rule
  }

  const takeTurn = (state: SessionState): ScriptReplySource | undefined =>
    state.nextTurn === undefined ? undefined : turns[state.nextTurn++]

  const choose = async (request: ScriptRequest): Promise<ScriptReply | undefined> => {
    const state = stateOf(request.session)
    const isMain = request.kind === 'turn' && request.thread === null
    // Only what was answered before this process came is counted by the request: a rule's answer spends no turn.
    if (isMain) state.nextTurn ??= turnAfter(turns, request.request - 1)
    const source = takeRule(request, state)?.reply ?? sideReply(request) ?? (isMain ? takeTurn(state) : undefined)
    const reply = typeof source === 'function' ? parseReply(await source(request), 'a function’s reply') : source
    return typeof reply === 'string' ? { text: reply } : reply
  }

  return { choose }
}

/** Where a list of turns goes on, in a new process, after so many answers: faults leave no answer behind. */
function turnAfter(turns: readonly ScriptReplySource[], answers: number): number {
  let left = answers
  for (const [index, turn] of turns.entries()) {
    if (left === 0) return index
    if (!leavesNoAnswer(turn)) left -= 1
  }
  return turns.length
}

function leavesNoAnswer(turn: ScriptReplySource): boolean {
  if (typeof turn !== 'object') return false
  const { error, cutAfterEvents, endEarlyAfterEvents, stallAfterEvents, errorEventAfter } = turn
  return [error, cutAfterEvents, endEarlyAfterEvents, stallAfterEvents, errorEventAfter].some(
    (fault) => fault !== undefined,
  )
}
