import { expect, test } from 'vitest'
import { createStyle } from './style.ts'

const terminal = { isTTY: true }

test.each([
  { title: 'a terminal', target: terminal, environment: {}, isColoured: true },
  { title: 'a pipe', target: {}, environment: {}, isColoured: false },
  { title: 'NO_COLOR', target: terminal, environment: { NO_COLOR: '1' }, isColoured: false },
  { title: 'an empty NO_COLOR', target: terminal, environment: { NO_COLOR: '' }, isColoured: true },
  {
    title: 'NO_COLOR against FORCE_COLOR',
    target: {},
    environment: { NO_COLOR: '1', FORCE_COLOR: '1' },
    isColoured: false,
  },
  { title: 'FORCE_COLOR on a pipe', target: {}, environment: { FORCE_COLOR: '1' }, isColoured: true },
  { title: 'a dumb terminal', target: terminal, environment: { TERM: 'dumb' }, isColoured: false },
])('$title', ({ target, environment, isColoured }) => {
  expect(createStyle(target, environment).red('x')).toBe(isColoured ? '\u001B[31mx\u001B[39m' : 'x')
})
