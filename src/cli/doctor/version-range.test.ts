import { expect, test } from 'vitest'
import { isInRange } from './version-range.ts'

test.each([
  ['24.11.0', '^24.11 || >=26', true],
  ['24.10.9', '^24.11 || >=26', false],
  ['25.1.0', '^24.11 || >=26', false],
  ['26.0.0', '^24.11 || >=26', true],
  ['0.3.329', '>=0.3.329 <0.4.0', true],
  ['0.3.328', '>=0.3.329 <0.4.0', false],
  ['0.4.0', '>=0.3.329 <0.4.0', false],
  ['1.0.0', '~1.0.0', false],
  ['unknown', '>=1', false],
])('%s in %s: %s', (version, range, fits) => {
  expect(isInRange(version, range)).toBe(fits)
})
