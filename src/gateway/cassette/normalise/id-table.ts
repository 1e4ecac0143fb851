import { idRules, type IdRule } from './rules.ts'

/** The ids of one request, numbered in the order of their first appearance. */
export class IdTable {
  readonly #byRule = idRules.map((rule) => ({ rule, written: new Map<string, string>() }))

  /** An id that is known beforehand and has the number 0: that of the session. */
  constructor(sessionId: string | undefined) {
    const [uuids] = this.#byRule
    if (sessionId) uuids?.written.set(sessionId, uuids.rule.format(0))
  }

  /** Takes note of the ids of a text. All texts are read before the first is replaced. */
  read(text: string, within: IdRule['within']): void {
    for (const { rule, written } of this.#byRule) {
      if (rule.within === 'tool_result' && within !== 'tool_result') continue
      for (const [id] of text.matchAll(rule.pattern)) {
        if (!written.has(id)) written.set(id, rule.format(written.size + 1))
      }
    }
  }

  /** The text with the ids that were read as a cassette writes them. */
  toCassette(text: string, { inAnswers }: { readonly inAnswers: boolean }): string {
    let changed = text
    for (const { rule, written } of this.#byRule) {
      if (written.size === 0 || (inAnswers && !rule.isInAnswers)) continue
      const pattern = rule.isLearned ? anyOf(written.keys()) : rule.pattern
      changed = changed.replace(pattern, (id) => written.get(id) ?? id)
    }
    return changed
  }

  /** The text of a recorded answer with the ids of this run. */
  fromCassette(text: string): string {
    let changed = text
    for (const { rule, written } of this.#byRule) {
      if (written.size === 0 || !rule.isInAnswers) continue
      const live = new Map(written.entries().map(([id, number]) => [number, id]))
      changed = changed.replace(anyOf(live.keys()), (number) => live.get(number) ?? number)
    }
    return changed
  }
}

const anyOf = (words: Iterable<string>): RegExp =>
  new RegExp(String.raw`(?<!\w)(?:${[...words].map((word) => RegExp.escape(word)).join('|')})(?!\w)`, 'g')
