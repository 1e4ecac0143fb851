import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addUsage, noUsage, reportUsage, type Usage } from './usage.ts'

const count = fc.nat({ max: 1_000_000_000 })
const usages: fc.Arbitrary<Usage> = fc.record({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheCreationInputTokens: count,
  modelRequests: count,
  costNanoUsd: fc.bigInt({ min: 0n, max: 10n ** 18n }),
})

test('every field is added to its own kind', () => {
  const left = {
    inputTokens: 1,
    outputTokens: 2,
    cacheReadInputTokens: 3,
    cacheCreationInputTokens: 4,
    modelRequests: 5,
    costNanoUsd: 6n,
  }
  const right = {
    inputTokens: 10,
    outputTokens: 20,
    cacheReadInputTokens: 30,
    cacheCreationInputTokens: 40,
    modelRequests: 50,
    costNanoUsd: 60n,
  }
  expect(addUsage(left, right)).toEqual({
    inputTokens: 11,
    outputTokens: 22,
    cacheReadInputTokens: 33,
    cacheCreationInputTokens: 44,
    modelRequests: 55,
    costNanoUsd: 66n,
  })
})

test('no usage changes nothing', () => {
  fc.assert(
    fc.property(usages, (usage) => {
      expect(addUsage(noUsage, usage)).toEqual(usage)
    }),
  )
})

test('neither order nor grouping matters', () => {
  fc.assert(
    fc.property(usages, usages, usages, (a, b, c) => {
      expect(addUsage(a, b)).toEqual(addUsage(b, a))
      expect(addUsage(addUsage(a, b), c)).toEqual(addUsage(a, addUsage(b, c)))
    }),
  )
})

test('the arguments stay as they were', () => {
  const left = Object.freeze({ ...noUsage })
  addUsage(left, { ...noUsage, inputTokens: 1 })
  expect(left).toEqual(noUsage)
})

test('a report can be written as JSON, and loses nothing', () => {
  fc.assert(
    fc.property(usages, (usage) => {
      const report = reportUsage(usage)
      expect(JSON.parse(JSON.stringify(report))).toEqual(report)
      expect({ ...report, costNanoUsd: BigInt(report.costNanoUsd) }).toEqual(usage)
    }),
  )
})
