import { expect, test } from 'vitest'
import { checkArguments } from './check-arguments.ts'
import { run } from './commands/run.ts'

const check = (...given: readonly string[]): string[] => checkArguments(given, { path: 'run', args: run.args })
const id = 'sesn_01m7zdtxpjefba5j1jm81yjqyh'

test('flags are written in one way, words go behind the dashes', () => {
  expect(check('--model', 'a', 'say', '--json', 'it')).toEqual(['--model=a', '--json', '--', 'say', 'it'])
  expect(check('--', '--not-a-flag')).toEqual(['--', '--not-a-flag'])
  expect(check('-')).toEqual(['--', '-'])
})

test('a list may be repeated', () => {
  expect(check('--tag', 'a', '--tag', 'b,c')).toEqual(['--tag=a,b,c', '--'])
})

test('a value that may be left out is taken from the next word only where that is an id', () => {
  expect(check('--resume', 'go on')).toEqual(['--resume=', '--', 'go on'])
  expect(check('--resume', id, 'go on')).toEqual([`--resume=${id}`, '--', 'go on'])
  expect(check(`--resume=${id}`)).toEqual([`--resume=${id}`, '--'])
})

test.each([
  [['--modle', 'x'], 'Did you mean --model?'],
  [['--nothing-like-it'], 'See perdure run --help'],
  [['-x'], 'See perdure run --help'],
])('%j is refused with a hint', (given, hint) => {
  expect(() => check(...given)).toThrow(expect.objectContaining({ code: 'invalid_request', hint }))
})

test.each([
  [['--model'], '--model needs a value'],
  [['--model', '--json'], '--model needs a value'],
  [['--model='], '--model needs a value'],
  [['--model', 'a', '--model', 'b'], '--model is given twice'],
  [['--json=yes'], '--json takes no value'],
  [['--permission-mode', 'yolo'], '--permission-mode is one of'],
])('%j is refused', (given, message) => {
  expect(() => check(...given)).toThrow(message)
})

test.each(['--max-budget-usd', '--sandbox', '--network'])('%s names what to do until it is built', (flag) => {
  expect(() => check(flag, '1')).toThrow(expect.objectContaining({ code: 'option_not_supported' }))
})

test('words without a place are refused, and places without a word', () => {
  const args = { id: { type: 'positional', required: true }, title: { type: 'positional', required: false } } as const
  expect(() => checkArguments(['a', 'b', 'c'], { path: 'x', args })).toThrow('does not take c')
  expect(() => checkArguments([], { path: 'x', args })).toThrow('needs <id>')
  expect(checkArguments(['a'], { path: 'x', args })).toEqual(['--', 'a'])
})
