import type { NanoUsd } from '../money.ts'
import type { CostFinding } from './cost-finding.ts'
import { averagePrompt, sumOf, type Conversation } from './conversations.ts'
import { pausesOf } from './pauses.ts'

/** Conversations of one model and one role: options are set for them together. */
export type ConversationGroup = readonly [Conversation, ...Conversation[]]

type Finder = (group: ConversationGroup) => CostFinding | null

/** Below this length no model of the service is known to leave a prompt uncached. */
const longEnoughToCache = 4_096
/** From so many calls on, a conversation could have read most of what it was asked with. */
const fewestCalls = 5
const poorHitRate = 0.5

/** Tokens times a difference of rates, rounded down: a saving is never told too high. */
const worth = (tokens: number, rate: NanoUsd): NanoUsd => (BigInt(Math.floor(tokens)) * rate) / 1_000_000n

const total = (group: readonly Conversation[], valueOf: (one: Conversation) => NanoUsd): NanoUsd =>
  group.reduce((sum, one) => sum + valueOf(one), 0n)

function finding(
  group: readonly Conversation[],
  told: Pick<CostFinding, 'code' | 'savesNanoUsd' | 'option' | 'value'> & Partial<CostFinding>,
): CostFinding | null {
  if (told.savesNanoUsd <= 0n) return null
  const { model, role } = group[0]!
  const sessions = new Set(group.map(({ session }) => session)).size
  return { model, role, sessions, calls: sumOf(group).calls, certainty: 'exact', ...told }
}

const lostIn = (one: Conversation): number => pausesOf(one).reduce((sum, { lostTokens }) => sum + lostTokens, 0)

/** For an hour, all writes are dearer, and what was lost is read. */
const pauses: Finder = (group) =>
  finding(group, {
    code: 'pauses',
    savesNanoUsd: total(group, (one) => {
      const lost = Math.min(lostIn(one), one.written5m)
      const { cacheRead, cacheWrite5m, cacheWrite1h } = one.rates
      return worth(lost, cacheWrite5m - cacheRead) - worth(one.written5m - lost, cacheWrite1h - cacheWrite5m)
    }),
    option: `cache.${group[0].role}`,
    value: `'1h'`,
  })

/** For five minutes, all writes are cheaper, and what was read after a pause is written again. */
const hourUnused: Finder = (group) =>
  finding(group, {
    code: 'hour_unused',
    savesNanoUsd: total(group, (one) => {
      if (one.written1h === 0) return 0n
      const { cacheRead, cacheWrite5m, cacheWrite1h } = one.rates
      // What the first call read was written by another conversation, nobody knows when.
      const first = one.minutes[0]!
      const saved = pausesOf(one).reduce((sum, pause) => sum + pause.savedTokens, first.read / first.calls)
      return worth(one.written1h, cacheWrite1h - cacheWrite5m) - worth(saved, cacheWrite5m - cacheRead)
    }),
    option: `cache.${group[0].role}`,
    value: `'5m'`,
  })

/** An evenly growing conversation ends at twice its average length, and needs to be written once. */
const changingPrompt: Finder = (group) => {
  const poor = group.filter((one) => {
    const all = one.input + one.read + one.written5m + one.written1h
    return one.calls >= fewestCalls && one.read < all * poorHitRate
  })
  return finding(poor.length === 0 ? group : poor, {
    code: 'changing_prompt',
    certainty: 'about',
    savesNanoUsd: total(poor, (one) => {
      const excess = one.written5m + one.written1h - lostIn(one) - 2 * averagePrompt(one)
      return excess > 0 ? worth(excess, one.rates.cacheWrite5m - one.rates.cacheRead) : 0n
    }),
    option: 'systemPrompt, tools, mcpServers',
    value: 'the same in every call, and what changes in the message',
  })
}

/** Without a cache, what was written and what was read would have been input. */
const cacheUnused: Finder = (group) =>
  finding(group, {
    code: 'cache_unused',
    role: null,
    savesNanoUsd: total(group, ({ rates, ...one }) => {
      const spared = worth(one.written5m, rates.cacheWrite5m - rates.input)
      return (
        spared + worth(one.written1h, rates.cacheWrite1h - rates.input) - worth(one.read, rates.input - rates.cacheRead)
      )
    }),
    option: 'env',
    value: `{ DISABLE_PROMPT_CACHING: '1' }`,
  })

const notCached: Finder = (group) => {
  const plain = group.filter(
    (one) => one.calls > 1 && one.read + one.written5m + one.written1h === 0 && averagePrompt(one) >= longEnoughToCache,
  )
  return finding(plain.length === 0 ? group : plain, {
    code: 'not_cached',
    certainty: 'about',
    savesNanoUsd: total(plain, ({ rates, ...one }) => {
      const written = Math.min(one.input, 2 * averagePrompt(one))
      const read = one.input - written
      return worth(read, rates.input - rates.cacheRead) - worth(written, rates.cacheWrite5m - rates.input)
    }),
    option: 'env',
    value: 'without DISABLE_PROMPT_CACHING',
  })
}

const roleFinders = [pauses, hourUnused, changingPrompt, notCached]

/** What could be better about the cache. */
export function cacheFindings(conversations: readonly Conversation[]): CostFinding[] {
  const groups = (keyOf: (one: Conversation) => string): ConversationGroup[] =>
    [...Map.groupBy(conversations, keyOf).values()].map((group) => group as [Conversation, ...Conversation[]])
  const ofRoles = groups(({ model, role }) => JSON.stringify([model, role]))
  const found = [
    ...ofRoles.flatMap((group) => roleFinders.map((find) => find(group))),
    // Whether anything is cached is said for the whole agent.
    ...groups(({ model }) => model).map(cacheUnused),
  ]
  return found.filter((one) => one !== null)
}
