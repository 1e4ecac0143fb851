import { describe, expect, it } from 'vitest'
import { createReplyChooser } from './choose-reply.ts'
import type { Script } from './script.ts'
import type { ScriptRequest } from './script-request.ts'

const plain: ScriptRequest = {
  kind: 'turn',
  model: 'm',
  thread: null,
  session: 's',
  turn: 1,
  request: 1,
  lastUserText: 'hi',
  prompt: 'hi',
  toolResults: [],
  systemText: '',
  cwd: undefined,
  tools: [],
  body: {},
}

function play(script: Script) {
  const chooser = createReplyChooser(script)
  return async (changes: Partial<ScriptRequest> = {}) => {
    const reply = await chooser.choose({ ...plain, ...changes })
    return reply?.error?.status ?? reply?.text
  }
}

describe('createReplyChooser', () => {
  it('takes the first rule that fits, as often as it may answer in a session', async () => {
    const ask = play({
      rules: [
        { when: { times: 2 }, reply: 'a' },
        { when: { agent: true }, reply: 'b' },
      ],
    })
    expect([await ask(), await ask(), await ask()]).toEqual(['a', 'a', undefined])
    expect(await ask({ session: 'other' })).toBe('a')
    expect(await ask({ thread: 'a1' })).toBe('b')
  })

  it('never spends one firing twice among requests that run at once', async () => {
    const ask = play({ rules: [{ when: { times: 1 }, reply: async () => 'once' }, { reply: 'else' }] })
    const replies = await Promise.all([ask(), ask({ thread: 'a1' }), ask({ thread: 'a2' })])
    expect(replies.filter((reply) => reply === 'once')).toHaveLength(1)
  })

  it('plays turns in order to the main thread alone, after the rules', async () => {
    const ask = play({
      rules: [{ when: { agent: true }, reply: 'sub' }],
      turns: ['one', { error: { status: 529 } }, 'two'],
    })
    expect(await ask()).toBe('one')
    expect(await ask({ thread: 'a1' })).toBe('sub')
    expect(await ask({ request: 2 })).toBe(529)
    expect(await ask({ request: 2 })).toBe('two')
    expect(await ask({ request: 3 })).toBeUndefined()
  })

  it('spends no turn on what a rule answered', async () => {
    const ask = play({ rules: [{ when: { request: 1 }, reply: 'rule' }], turns: ['one', 'two'] })
    expect([await ask(), await ask({ request: 2 }), await ask({ request: 3 })]).toEqual(['rule', 'one', 'two'])
  })

  it('finds its place again in a new process by the answers that a request carries', async () => {
    const turns = ['one', { error: { status: 529 } }, { text: 'cut', cutAfterEvents: 2 }, 'two', 'three']
    expect(await play({ turns })({ request: 1 })).toBe('one')
    expect(await play({ turns })({ request: 2 })).toBe(529)
    expect(await play({ turns })({ request: 3 })).toBe('three')
    expect(await play({ turns })({ request: 4 })).toBeUndefined()
  })

  it('answers requests beside the conversation itself, and spends no rule on them', async () => {
    const ask = play({ turns: ['one'] })
    expect(await ask({ kind: 'compaction' })).toContain('<summary>')
    expect(await ask({ kind: 'side', body: { max_tokens: 1 } })).toBe('OK')
    const properties = {
      title: { type: 'string' },
      tags: { type: 'array' },
      n: { type: 'integer' },
      ok: { type: 'boolean' },
      of: { enum: ['x'] },
      any: {},
    }
    const format = { type: 'json_schema', schema: { type: 'object', properties } }
    const title = JSON.parse(String(await ask({ kind: 'side', body: { output_config: { format } } })))
    expect(title).toEqual({ title: 'Scripted session', tags: [], n: 0, ok: false, of: 'x', any: null })
    expect(await ask()).toBe('one')
    expect(await play({ rules: [{ when: { kind: 'compaction' }, reply: 'own' }] })({ kind: 'compaction' })).toBe('own')
  })

  it('asks functions, and checks what they return', async () => {
    const ask = play({ rules: [{ reply: ({ prompt }) => `heard ${prompt}` }] })
    expect(await ask()).toBe('heard hi')
    const broken = play({ rules: [{ reply: () => ({ txt: 'x' }) as object }] })
    await expect(broken()).rejects.toMatchObject({ code: 'script_invalid' })
  })
})
