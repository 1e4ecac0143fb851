import { expect, test } from 'vitest'
import { suggestName } from './suggest-name.ts'

const known = ['run', 'session', 'demo', 'doctor', 'version']

test.each([
  ['rnu', 'run'],
  ['sesion', 'session'],
  ['docter', 'doctor'],
  ['sess', 'session'],
  ['xyz', null],
  ['r', null],
])('%s means %s', (name, meant) => {
  expect(suggestName(name, known)).toBe(meant)
})
