import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { joinRun, noLag, randomLag, type Lag, type RunInput } from './joined-run.ts'
import { joinViolations, losses } from './join-violations.ts'

const folder = new URL('../fixtures/joins/', import.meta.url)
const names = readdirSync(folder).map((file) => file.replace(/\.jsonl$/, ''))

const readRun = (name: string): RunInput[] =>
  readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunInput)

const lags = [
  { gatewayMs: 100, agentMs: 0 },
  { gatewayMs: 0, agentMs: 100 },
  { gatewayMs: 200, agentMs: 200 },
]

function violationsOf(inputs: readonly RunInput[], lag: Lag): string[] {
  return joinViolations(inputs, joinRun(inputs, { lag }).outputs)
}

describe('the join of recorded runs', () => {
  it.each(names)('%s keeps every promise, as recorded and with either channel late', (name) => {
    const inputs = readRun(name)
    expect(violationsOf(inputs, noLag)).toEqual([])
    for (const lag of lags) {
      for (let seed = 1; seed <= 10; seed += 1) {
        expect({ lag, seed, found: violationsOf(inputs, randomLag(seed, lag)) }).toEqual({ lag, seed, found: [] })
      }
    }
  })

  it.each(names)('%s loses nothing and leaves no span open when the agent dies at any point', (name) => {
    const inputs = readRun(name)
    for (let length = 0; length <= inputs.length; length += 1) {
      const cut = inputs.slice(0, length)
      const { outputs } = joinRun(cut, { endsAbruptly: true })
      expect({ length, found: losses(joinViolations(cut, outputs)) }).toEqual({ length, found: [] })
    }
  })
})
