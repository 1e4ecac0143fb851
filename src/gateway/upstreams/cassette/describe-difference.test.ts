import { describe, expect, test } from 'vitest'
import { describeDifferences, differencesOf } from './describe-difference.ts'
import { lineDifference } from './line-difference.ts'

describe('lines', () => {
  test('that differ are shown with some around them', () => {
    const text = (middle: string) => ['1', '2', '3', '4', middle, '6', '7', '8', '9'].join('\n')
    expect(lineDifference(text('five'), text('5'))).toEqual(['  3', '  4', '- five', '+ 5', '  6', '  7'])
  })

  test('that are new or gone stand alone', () => {
    expect(lineDifference('a\nb\nc\nd', 'a\nc\nx\nd')).toEqual(['  a', '- b', '  c', '+ x', '  d'])
    expect(lineDifference('', 'x')).toEqual(['- ', '+ x'])
  })

  test('of long texts are cut to where they differ', () => {
    const [recorded, now] = ['x'.repeat(5000), 'y'.repeat(5000)]
    const [left = '', right = ''] = lineDifference(`${recorded}1${recorded}`, `${recorded}2${now}`)
    expect(left).toContain('1')
    expect(right).toContain('2yyy')
    expect(left.length).toBeLessThan(200)
    const many = (word: string) => Array.from({ length: 2000 }, (_, index) => `${word} ${index}`).join('\n')
    const lines = lineDifference(many('a'), many('b'))
    expect(lines.length).toBeLessThan(30)
    expect(lines.at(-1)).toContain('more lines')
  })
})

const request = (result: string, prompt = 'do it') => ({
  model: 'm',
  messages: [
    { role: 'user', content: [{ type: 'text', text: prompt }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Bash', input: { command: 'ls' } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: result }] }] },
  ],
})

describe('requests', () => {
  test('tell what a result came from', () => {
    expect(describeDifferences(request('a\nb'), request('a\nc'))).toBe(
      [
        '  messages[2].content[0].content[0].text (result of Bash {"command":"ls"})',
        '      a',
        '    - b',
        '    + c',
      ].join('\n'),
    )
  })

  test('that lack a part, or have one more', () => {
    const { messages, ...rest } = request('a')
    expect(describeDifferences(request('a'), { ...rest, messages: messages.slice(0, 2) })).toMatch(
      /messages\[2\]\n.*- \{/,
    )
    expect(describeDifferences(rest, request('a'))).toMatch(/messages\n.*- \(nothing\)\n.*\+ \[/)
    expect(differencesOf(request('a'), request('a'))).toEqual([])
  })

  test('that differ in many places name the rest', () => {
    const numbers = (start: number) => ({ list: Array.from({ length: 12 }, (_, index) => start + index) })
    const text = describeDifferences(numbers(0), numbers(1))
    expect(text).toContain('list[2]\n')
    expect(text).toContain('and in 9 more places: list[3], list[4], list[5], list[6], list[7] …')
  })
})
