import { expect, test } from 'vitest'
import { formatSeconds, formatUsd, oneLine } from './text.ts'
import { summariseInput, summariseResult } from './tool-summary.ts'
import { wrapText } from './wrap-text.ts'

test('a text in one line', () => {
  expect(oneLine(' a\n\tb  c ', 80)).toBe('a b c')
  expect(oneLine('abcdef', 4)).toBe('abc…')
})

test('amounts', () => {
  expect([formatUsd(0), formatUsd(0.02468), formatUsd(12.5)]).toEqual(['$0.00', '$0.0247', '$12.50'])
  expect([formatSeconds(1234), formatSeconds(61_000)]).toEqual(['1.2 s', '1 min 1 s'])
})

test('a tool’s input by what tells most of it', () => {
  const input = (name: string, value: Record<string, unknown>) => summariseInput(name, { input: value, columns: 40 })
  expect(input('Read', { file_path: '/a', limit: 3 })).toBe('/a')
  expect(input('mine', { a: 1 })).toBe('{"a":1}')
  expect(input('mine', {})).toBe('')
})

test('a tool’s result by its first line', () => {
  expect(summariseResult('\n first \nsecond', 40)).toBe('first (+ 1 line)')
  expect(summariseResult(' \n', 40)).toBe('(no output)')
})

test('lines of a help text', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapText('unbreakable', 3)).toEqual(['unbreakable'])
})
