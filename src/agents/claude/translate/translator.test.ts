import * as fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { AgentReport } from '../../../ports/agent-report.ts'
import { createTranslator } from './translator.ts'

const folder = fileURLToPath(new URL('../../../../test/fixtures/messages/', import.meta.url))
const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))

type Message = Record<string, unknown> & { type: string }

const recorded = (name: string): Message[] =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Message)

const translateAll = (messages: readonly unknown[], options: { previews?: boolean; costBaseUsd?: number } = {}) => {
  const translate = createTranslator({ previews: true, costBaseUsd: 0, checkOutput: null, ...options })
  return messages.flatMap((message) => translate(message))
}

/** A report in one line: what a reader of the log would care for, without ids and amounts that change. */
function lineOf(report: AgentReport): string {
  const { type, ...fields } = report
  const shown = Object.entries(fields).filter(
    ([name]) =>
      !/uuid|messageId|requestId|cost|usage|duration|delayMs|output|tools|Commands|skills|plugins|Servers|agentSessionId|version/i.test(
        name,
      ),
  )
  const text = JSON.stringify(Object.fromEntries(shown), (name, value: unknown) =>
    name === 'payload' ? undefined : value,
  )
  return `${type} ${steady(text)}`.slice(0, 300)
}

/** Ids of a recording differ from those of the next. */
const steady = (text: string): string =>
  text
    .replaceAll(/toolu_\w+/g, 'toolu')
    .replaceAll(/"a[0-9a-f]{16}"/g, '"agent"')
    .replaceAll(/\b\d{4,}\b|127[.\d:]+/g, 'n')

describe('recorded conversations', () => {
  test.each(names)('%s', async (name) => {
    const lines = translateAll(recorded(name)).map(lineOf)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(folder, name.replace('.jsonl', '.reports.txt')))
  })

  test.each(names)('%s: costs of its results sum up to the agent’s total', (name) => {
    const messages = recorded(name)
    const total = messages.findLast(({ type }) => type === 'result')?.['total_cost_usd'] as number
    const without = messages.map(({ model_usage_since_last_result: _, ...message }) => message)
    for (const variant of [messages, without]) {
      const sum = translateAll(variant).reduce(
        (cost, report) => cost + (report.type === 'turn_ended' ? report.costUsd : 0),
        0,
      )
      expect(sum).toBeCloseTo(total, 9)
    }
  })

  test('a total that was carried over from an earlier process is no cost of this one', () => {
    const message = { type: 'result', subtype: 'success', total_cost_usd: 0.5 }
    expect(translateAll([message], { costBaseUsd: 0.4 })).toMatchObject([{ costUsd: expect.closeTo(0.1, 9) as number }])
    // `/clear` starts the count again.
    expect(translateAll([message], { costBaseUsd: 0.9 })).toMatchObject([{ costUsd: 0.5 }])
  })

  test('behind the gateway the agent’s own live text is left out', () => {
    const messages = recorded('partial-messages.jsonl')
    const types = translateAll(messages, { previews: false }).map(({ type }) => type)
    expect(types).not.toContain('preview')
    expect(types).toContain('content_block')
  })
})

describe('messages that no version of the agent sends yet', () => {
  test.each([
    [{ type: 'omen', text: 'x' }, 'omen'],
    [{ type: 'system', subtype: 'omen' }, 'system/omen'],
    [{ type: 'assistant', message: 'not an object' }, 'assistant'],
    [{ no: 'type' }, 'unreadable'],
    [null, 'unreadable'],
  ])('%j is kept whole as a notice', (message, name) => {
    expect(translateAll([message])).toMatchObject([{ type: 'notice', thread: null, name }])
  })

  test('whatever is missing or strange in a message, a result ends its turn and nothing throws', () => {
    const results = names.flatMap(recorded)
    fc.assert(
      fc.property(
        fc.constantFrom(...results),
        fc.array(fc.tuple(fc.nat(40), fc.anything()), { maxLength: 4 }),
        (message, changes) => {
          const broken: Message = { ...message }
          for (const [index, value] of changes) {
            const field = Object.keys(message).filter((name) => name !== 'type' && name !== 'subtype')[index]
            if (field !== undefined) broken[field] = value
          }
          const reports = translateAll([broken])
          if (message.type === 'result') expect(reports.map(({ type }) => type)).toEqual(['turn_ended'])
        },
      ),
      { numRuns: 500 },
    )
  })
})
