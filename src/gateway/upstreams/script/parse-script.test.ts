import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PerdureError } from '../../../errors/perdure-error.ts'
import { loadScript } from './load-script.ts'
import { parseScript } from './parse-script.ts'

function mistake(value: unknown) {
  try {
    parseScript(value, 'file.yaml')
  } catch (error) {
    if (PerdureError.is(error)) return { code: error.code, message: error.message, ...error.details }
  }
  return undefined
}

describe('parseScript', () => {
  it('accepts what the format has', () => {
    const rules = [
      { reply: 'hi' },
      {
        name: 'r',
        when: { turn: [1, 2], lastUserText: { matches: '^a', flags: 'i' }, times: 1 },
        reply: { text: 'x', tools: [{ name: 'Bash', input: {} }] },
      },
      { when: () => true, reply: () => 'x' },
      { when: { prompt: /a/, toolResult: false, agent: 'worker' }, reply: { error: { status: 529 } } },
    ]
    expect(parseScript({ name: 'n', rules, turns: ['a', { content: [] }] }, 'file.yaml')).toEqual({
      name: 'n',
      rules,
      turns: ['a', { content: [] }],
    })
  })

  it.each<[string, unknown, string]>([
    ['no script', null, 'file.yaml: '],
    ['nothing to play', {}, 'file.yaml: a script needs rules or turns'],
    ['unknown key', { rulez: [] }, 'rulez'],
    [
      'unknown key of a rule',
      { rules: [{ reply: 'a' }, { reply: 'b', wen: {} }] },
      'rules[1]: Unrecognized key: "wen"',
    ],
    ['unknown condition', { rules: [{ when: { turns: 1 }, reply: 'a' }] }, 'rules[0].when: Unrecognized key: "turns"'],
    ['turn zero', { rules: [{ when: { turn: 0 }, reply: 'a' }] }, 'rules[0].when.turn: '],
    ['no reply', { rules: [{}] }, 'rules[0].reply: '],
    ['unknown key of a reply', { turns: ['a', { texts: 'x' }] }, 'turns[1]: Unrecognized key: "texts"'],
    ['empty reply', { turns: [{ delayMs: 3 }] }, 'turns[0]: a reply needs one of: thinking, text'],
    [
      'status is a word',
      { rules: [{ reply: { error: { status: 'x' } } }] },
      'rules[0].reply.error.status: Invalid input: expected number',
    ],
    ['status is none', { rules: [{ reply: { error: { status: 200 } } }] }, 'rules[0].reply.error.status: '],
    ['error with text', { turns: [{ text: 'x', error: { status: 500 } }] }, 'turns[0].error: an error answers alone'],
    ['tool without a name', { turns: [{ tools: [{ input: {} }] }] }, 'turns[0].tools[0].name: '],
    [
      'broken expression',
      { rules: [{ when: { prompt: { matches: '(' } }, reply: 'a' }] },
      'rules[0].when.prompt.matches: not a regular expression',
    ],
    ['negative delay', { turns: [{ text: 'x', delayMs: -1 }] }, 'turns[0].delayMs: '],
  ])('names the place: %s', (_name, value, message) => {
    expect(mistake(value)).toMatchObject({
      code: 'script_invalid',
      message: expect.stringContaining(message) as string,
      file: 'file.yaml',
    })
  })

  it('gives the rule and the path to programs', () => {
    expect(mistake({ rules: [{ reply: 'a' }, { reply: { error: { status: 1 } } }] })).toMatchObject({
      rule: 1,
      path: 'rules[1].reply.error.status',
    })
  })
})

describe('loadScript', () => {
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(await mkdtemp(join(tmpdir(), 'perdure-script-')), name)
    await writeFile(path, text)
    return path
  }

  it('reads YAML, JSON and modules', async () => {
    const yaml = await write('a.yaml', 'turns:\n  - hello\n  - error: { status: 529 }\n')
    expect(await loadScript(yaml)).toEqual({ turns: ['hello', { error: { status: 529 } }] })
    const json = await write('a.json', '{"turns":["hello"]}')
    expect(await loadScript(json)).toEqual({ turns: ['hello'] })
    const module = await write(
      'a.ts',
      'const words: string = "hello"\nexport default { rules: [{ when: () => true, reply: () => words }] }\n',
    )
    expect((await loadScript(module)).rules?.[0]?.reply).toBeTypeOf('function')
  })

  it.each([
    ['missing.yaml', undefined],
    ['broken.yaml', 'turns: [a\n'],
    ['empty.yaml', ''],
    ['broken.mjs', 'export default {'],
    ['nothing.mjs', 'export const turns = []'],
  ])('refuses %s by its name', async (name, text) => {
    const path = text === undefined ? `/nowhere/${name}` : await write(name, text)
    await expect(loadScript(path)).rejects.toMatchObject({
      code: 'script_invalid',
      message: expect.stringContaining(name) as string,
    })
  })
})
