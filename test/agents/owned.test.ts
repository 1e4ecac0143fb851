import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createClaudeDriver } from '../../src/agents/claude/create-claude-driver.ts'
import { optionRules } from '../../src/agents/claude/option-rules.ts'

const driver = createClaudeDriver()
/** As a JavaScript caller would, whom no type stops. */
const validate = (options: Record<string, unknown>): void => driver.validate(options)

const rules = Object.entries(optionRules)
const owned = rules.filter(([, rule]) => rule !== 'passes').map(([name]) => name)

describe('options that Perdure owns', () => {
  test.each(owned)('refuses %s, and names what to use', (name) => {
    expect(() => validate({ [name]: 'anything' })).toThrow(
      expect.objectContaining({ code: 'option_not_supported', message: expect.stringContaining(name) }),
    )
    expect(() => validate({ [name]: undefined })).not.toThrow()
  })
})

describe('docs/reference/agent-options.md', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/reference/agent-options.md', import.meta.url)), 'utf8')
  // Table cells are padded for the eye.
  const rows = [
    ...page.replace(/ +\|/g, ' |').matchAll(/^\| `(\w+)` \| (passes|refused: .+?) \| `(\S+)`: (.+?) \|$/gm),
  ].map(([, option = '', fate = '', file = '', title = '']) => ({ option, fate, file, title }))
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const tests = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => [name, readFileSync(`${folder}${name}`, 'utf8')]),
  )

  test('lists exactly the options there are, with what becomes of them', () => {
    const told = rules.map(([option, rule]) => [option, rule === 'passes' ? 'passes' : `refused: ${rule.owned}`])
    expect(Object.fromEntries(rows.map(({ option, fate }) => [option, fate]))).toEqual(Object.fromEntries(told))
    expect(rows).toHaveLength(rules.length)
  })

  test('names tests that exist', () => {
    const missing = rows.filter(({ file, title }) => !tests.get(file)?.includes(`'${title}'`))
    expect(missing).toEqual([])
  })
})
