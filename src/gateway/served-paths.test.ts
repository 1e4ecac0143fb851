import { expect, test } from 'vitest'
import { isServed } from './served-paths.ts'

test.each(['/v1/models', '/v1/models?limit=5', '/v1/models/claude-opus-5-5', '/v1/models/claude-opus-5-5%5B1m%5D'])(
  '%s is read, and not written',
  (path) => {
    expect(isServed('GET', path)).toBe(true)
    expect(isServed('POST', path)).toBe(false)
  },
)
