import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normaliseRequest, renormalisedKey } from './normalise-request.ts'
import { blockRules, idRules, normaliseRules, omitRules } from './rules.ts'

interface Run {
  readonly cwd: string
  readonly home: string
  readonly session: string
}

const here: Run = { cwd: '/home/ann/work', home: '/home/ann', session: 'bd0c8ec8-8495-40b0-bc77-73c92f5f27d9' }
const there: Run = { cwd: '/srv/ci/build-7', home: '/root', session: '2a2f2077-04f6-4bbd-b85e-622fcc3680e0' }

const normalise = (body: unknown, { cwd, home, session }: Run = here) =>
  normaliseRequest(body, { places: { workingDirectory: cwd, home }, sessionId: session })

const user = (text: string) => ({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] })
const result = (text: string) => ({
  messages: [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: text }] },
  ],
})

const equal = (left: unknown, right: unknown): boolean => normalise(left).key === normalise(right, there).key

type Case = readonly [row: string, one: string, other: string]

const everywhere: readonly Case[] = [
  ['today', "Today's date is 2026-11-21.", "Today's date is 2027-01-02."],
  [
    'operating system',
    ' - OS Version: Linux 6.18\n - Platform: linux',
    ' - OS Version: Darwin 27\n - Platform: darwin',
  ],
  ['operating system', ' - Is a git repository: true', ' - Is a git repository: false'],
  ['version of the agent', 'You are Claude Code 2.1.329.', 'You are Claude Code 2.1.400.'],
  ['scratch folder', 'Use /tmp/claude-0/x', 'Use /private/tmp/claude-501/x'],
  ['effort of a sub-agent', 'subagent_tokens: 12\nduration_ms: 366', 'subagent_tokens: 13\nduration_ms: 1'],
  ['uuid', 'see 11111111-2222-4333-8444-555555555555', 'see 99999999-2222-4333-8444-555555555555'],
  ['sub-agent', 'agentId: ad76722609097870a', 'agentId: aa1eb1af049f13f65'],
  ['task', 'saved to /x/tool-results/bbe1qail7.txt; bbe1qail7', 'saved to /x/tool-results/bfn3ogcap.txt; bfn3ogcap'],
  ['temporary folder', 'cd /tmp/tmp.Ab3dEf6h1J', 'cd /tmp/tmp.zZ9yX8w7V6'],
]

const inResults: readonly Case[] = [
  ['time stamp', 'at 2026-11-21T18:25:46.123Z', 'at 2025-01-02 03:04:05 +0900'],
  ['date in words', 'Sat Nov 21 18:25:46 UTC 2026', 'Sun Nov 22 03:25:48 JST 2026'],
  ['date in words', 'Date:   Sat Nov 21 18:25:46 2026 +0000', 'Date:   Sun Nov 22 03:25:48 2026 +0900'],
  ['file in ls -l', '-rw-r--r-- 1 root root    6 Nov 21 18:25 a', '-rw-r--r--@ 2 ann staff    6  3 Jan  2025 a'],
  ['folder in ls -l', 'drwxr-xr-x 2 root root 4096 Nov 21 18:25 .', 'drwxr-xr-x 9 ann staff   64 Jan  1 00:01 .'],
  ['sum of ls -l', 'total 12\nx', 'total 40K\nx'],
  ['clock', 'started 18:25:46', 'started 09:01:02.345'],
  ['duration', '3 passed (1.25s) in 12 ms', '3 passed (900 ms) in 4 seconds'],
  ['duration with its name', '# duration_ms 43.12', '# duration_ms 9'],
  ['port', 'listening on http://localhost:41234', 'listening on http://localhost:3999'],
  ['process', 'pid 4711', 'pid 12'],
  [
    'commit',
    `commit ${'0a'.repeat(20)}\nparent ${'1b'.repeat(20)}`,
    `commit ${'2c'.repeat(20)}\nparent ${'3d'.repeat(20)}`,
  ],
  ['short commit', '[main (root-commit) c2a7cc8] x\nc2a7cc8 x', '[main (root-commit) 8123456] x\n8123456 x'],
  ['short commit', '1a2b3c4 first', 'ffee001 first'],
]

describe('of two runs of the same thing', () => {
  test.each(everywhere)('%s is the same everywhere', (_, left, right) => {
    expect(equal(user(left), user(right))).toBe(true)
  })

  test.each(inResults)('%s of a tool is the same, and elsewhere it is not', (_, left, right) => {
    expect(equal(result(left), result(right))).toBe(true)
    expect(equal(user(left), user(right))).toBe(false)
  })

  test('every row of the table has a case here', () => {
    const tested = new Set([...everywhere, ...inResults].map(([name]) => name)).add('tool call')
    expect(new Set([...normaliseRules, ...idRules].map(({ name }) => name))).toEqual(tested)
  })

  test('fields that say nothing of what was asked are left out', () => {
    for (const { field, of } of omitRules) {
      const body = of === 'request' ? { ...user('a'), [field]: 1 } : undefined
      const block = { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', [field]: 1 }] }] }
      expect(equal(body ?? block, user('a'))).toBe(true)
    }
    const input = { messages: [{ role: 'assistant', content: [{ type: 'tool_use', input: { cache_control: 1 } }] }] }
    expect(JSON.stringify(normalise(input).value)).toContain('cache_control')
  })

  test('blocks of the agent itself are left out where they speak of the moment only', () => {
    expect(blockRules).toHaveLength(2)
    const system = (...texts: string[]) => ({ system: texts.map((text) => ({ type: 'text', text })) })
    expect(equal(system('x-anthropic-billing-header: cc_version=1', 'a'), system('a'))).toBe(true)
    const reminder = (inside: string) => `<system-reminder>\nContext:\n${inside}\n</system-reminder>`
    const status = (branch: string) => `# gitStatus\nCurrent branch: ${branch}\n\nRecent commits:\n1a2b3c4 x\n`
    const message = (...texts: string[]) => ({
      messages: [{ role: 'user', content: texts.map((text) => ({ type: 'text', text })) }],
    })
    expect(equal(message(reminder(status('main')), 'hi'), message('hi'))).toBe(true)
    const rules = '# claudeMd\nBe brief.\n'
    const both = (branch: string) => reminder(`${rules}${status(branch)}`)
    expect(equal(message(both('main')), message(both('topic')))).toBe(true)
    expect(JSON.stringify(normalise(message(both('main'))).value)).toContain('Be brief.')
    expect(equal(message(status('main')), message(status('topic')))).toBe(false)
  })

  test('a string and its block are one, and results stand in the order of their calls', () => {
    expect(
      equal(
        { messages: [{ role: 'user', content: 'a' }], system: 'b' },
        { ...user('a'), system: [{ type: 'text', text: 'b' }] },
      ),
    ).toBe(true)
    const calls = { role: 'assistant', content: ['x', 'y', 'z'].map((id) => ({ type: 'tool_use', id: `toolu_${id}` })) }
    const results = (...order: string[]) => ({
      messages: [
        calls,
        {
          role: 'user',
          content: order.map((id) => ({ type: 'tool_result', tool_use_id: `toolu_${id}`, content: id })),
        },
      ],
    })
    expect(equal(results('x', 'y', 'z'), results('z', 'x', 'y'))).toBe(true)
  })
})

describe('what really differs', () => {
  test.each([
    [user('a'), user('b')],
    [
      user('see 11111111-2222-4333-8444-555555555555 and 11111111-2222-4333-8444-555555555555'),
      user('see 11111111-2222-4333-8444-555555555555 and 99999999-2222-4333-8444-555555555555'),
    ],
    [result('-rw-r--r-- 1 a a 6 Nov 21 18:25 a'), result('-rw-r--r-- 1 a a 7 Nov 21 18:25 a')],
    [result('3 passed (1s)'), result('2 passed (1s)')],
    [user('in /home/ann/workshop'), user('in /home/ann/work')],
    [
      { ...user('a'), model: 'x' },
      { ...user('a'), model: 'y' },
    ],
  ])('%j and %j', (left, right) => {
    expect(normalise(left).key).not.toBe(normalise(right).key)
  })
})

describe('paths and ids of a run', () => {
  const config = '/tmp/perdure-run_01m7znpwtxev2a4cw3mm1e96pv-BcYvK1/config'
  const words = ({ cwd, home, session }: Run, agent: string) =>
    `${cwd} ${cwd}/a.txt, (${cwd}). ${home}/b ${config}/projects/${cwd.replaceAll(/\W/g, '-')}/${session} ${agent}`

  test('are the same in every cassette, and become those of the run that reads it', () => {
    const [left, right] = [
      normalise(user(words(here, 'ad76722609097870a')), here),
      normalise(user(words(there, 'aa1eb1af049f13f65')), there),
    ]
    expect(left.key).toBe(right.key)
    const answer = left.toCassette(`${here.cwd}/x ${here.home} ad76722609097870a ${here.session}`)
    expect(answer).not.toMatch(/ann|ad767|bd0c8/)
    expect(right.fromCassette(answer)).toBe(`${there.cwd}/x ${there.home} aa1eb1af049f13f65 ${there.session}`)
    expect(left.fromCassette(left.toCassette(words(here, 'ad76722609097870a')))).toBe(words(here, 'ad76722609097870a'))
  })

  test('that an agent names itself go before those it was given', () => {
    const body = { system: 'Primary working directory: /real/place\nlook at /real/place/x and /given/x' }
    expect(JSON.stringify(normalise(body, { ...here, cwd: '/given' }).value)).toContain('/cassette/work/x and /given/x')
  })

  test('the root folder stands for nothing', () => {
    expect(normalise(user('/etc and /'), { ...here, cwd: '/', home: '/' }).value).toEqual(user('/etc and /'))
  })
})

test('what is normalised is normal: doing it again changes nothing', () => {
  const piece = fc.constantFrom(
    'Sat Nov 21 18:25:46 UTC 2026', '12 ms', '1a2b3c4 x', 'localhost:4000', '-rw-r--r-- 1 a a 6 Nov 21 18:25 a', '\n', 'total 3', 'pid 7',
    '2026-11-21T18:25:46Z', 'duration_ms 3.5', "Today's date is 2026-11-21", 'a', '11111111-2222-4333-8444-555555555555', '09:00:01', ' ',
  ) // prettier-ignore
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const { value } = normalise(result(pieces.join('')))
      expect(renormalisedKey(value)).toBe(renormalisedKey(normalise(value).value))
    }),
  )
})

test('rows of a user hold where they say', () => {
  const rules = [{ pattern: /build \d+/g, replacement: 'build 0', within: 'tool_result' as const }]
  const keyOf = (body: unknown) => normaliseRequest(body, { places: {}, rules }).key
  expect(keyOf(result('build 1'))).toBe(keyOf(result('build 2')))
  expect(keyOf(user('build 1'))).not.toBe(keyOf(user('build 2')))
})
