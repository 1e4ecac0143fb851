import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { knownSecrets, rememberSecret } from './known-secrets.ts'
import { redact, redactJson } from './redaction.ts'

const letters = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA'
const body = (length: number): string => letters.repeat(Math.ceil(length / letters.length)).slice(0, length)
const known = `vault value ${body(6)}`
rememberSecret(known)

const pem = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${body(64)}\n${body(20)}==\n-----END RSA PRIVATE KEY-----`
const samples: readonly (readonly [string, string])[] = [
  ['anthropic_key', `sk-ant-api03-${body(40)}`],
  ['run_token', `perdure-run-${body(43)}`],
  ['aws_key_id', 'AKIAABCDEFGHIJKLMNOP'],
  ['github_token', `ghp_${body(36)}`],
  ['github_token', `github_pat_${body(60)}`],
  ['google_key', `AIza${body(35)}`],
  ['slack_token', `xoxb-${body(24)}`],
  ['jwt', `eyJ${body(20)}.eyJ${body(30)}.${body(43)}`],
  ['private_key', pem],
  ['private_key', `-----BEGIN PRIVATE KEY-----\n${body(64)}\n${body(64)}`],
  ['credential', known],
  ['credential', Buffer.from(known).toString('base64')],
]

describe('a secret', () => {
  test.each(samples)('%s is replaced, and nothing around it', (kind, secret) => {
    expect(redact(`before ${secret} after`)).toBe(`before [redacted:${kind}] after`)
    expect(redact(secret)).toBe(`[redacted:${kind}]`)
  })

  test('keeps the words that introduce it', () => {
    expect(redact(`authorization: Bearer ${body(24)}`)).toBe('authorization: Bearer [redacted:bearer_token]')
    expect(redact(`aws_secret_access_key = ${body(40)}\n`)).toBe('aws_secret_access_key = [redacted:aws_secret]\n')
    expect(redact(`{"SecretAccessKey":"${body(40)}"}`)).toBe('{"SecretAccessKey":"[redacted:aws_secret]"}')
  })

  test('is found in names and values at any depth, and the rest is not copied', () => {
    const secret = `sk-ant-api03-${body(40)}`
    const kept = { list: [1, 'two', null] }
    const redacted = redactJson({ kept, deep: [{ [secret]: { text: `x ${secret}` } }] })
    expect(redacted).toEqual({
      kept,
      deep: [{ '[redacted:anthropic_key]': { text: 'x [redacted:anthropic_key]' } }],
    })
    expect(redacted.kept).toBe(kept)
  })

  test('that is short is not learned', () => {
    const before = knownSecrets().length
    rememberSecret('1234567')
    expect(knownSecrets()).toHaveLength(before)
  })

  test('that is one of many is known for as long as it is among the newest', () => {
    for (let index = 0; index < 2_000; index++) {
      rememberSecret(`renewed-key-${index}`)
      // A key that is used is told again with each request.
      rememberSecret('key-in-use')
    }
    expect(knownSecrets().length).toBeLessThan(2_100)
    expect(redact('renewed-key-1999, renewed-key-0')).toBe('[redacted:credential], renewed-key-0')
    expect(redact('renewed-key-1100, key-in-use')).toBe('[redacted:credential], [redacted:credential]')
    rememberSecret(known)
  })

  test('that is a word of a mark leaves the marks whole', () => {
    rememberSecret('redacted')
    expect(redact(redact(`redacted ${known}`))).toBe('[redacted:credential] [redacted:credential]')
  })
})

test.each([
  'Use Bearer authentication-and-authorization.',
  'The header is `sk-ant-…`, the variable ANTHROPIC_API_KEY.',
  'task-identifier-for-the-long-running-process AKIA eyJ',
  '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
])('%s is no secret', (text) => {
  expect(redact(text)).toBe(text)
})

const piece = fc.oneof(
  fc.string(),
  fc.constantFrom(...samples.map(([, secret]) => secret)),
  fc.constantFrom(
    `Bearer ${body(24)}`,
    '[redacted:jwt]',
    'sk-ant-',
    '-----BEGIN PRIVATE KEY-----',
    '"',
    '\\n',
    'Bearer ',
  ),
)
const anyText = fc.array(piece).map((pieces) => pieces.join(''))

describe('redacting', () => {
  test('twice is redacting once', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(redact(redact(text))).toBe(redact(text))
      }),
    )
  })

  test('leaves no known secret, wherever it stands', () => {
    fc.assert(
      fc.property(anyText, anyText, (left, right) => {
        expect(redact(left + known + right)).not.toContain(known)
      }),
    )
  })

  test('adds at most a mark for each secret', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const redacted = redact(text)
        const marks = redacted.match(/\[redacted:[a-z_]+\]/g) ?? []
        expect(redacted.length).toBeLessThanOrEqual(text.length + marks.join('').length)
      }),
    )
  })

  test('keeps JSON text valid, and is the same as redacting the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyText, (json, text) => {
        const value = { json, text }
        expect(() => JSON.parse(redact(JSON.stringify(value))) as unknown).not.toThrow()
        expect(redactJson(redactJson(value))).toEqual(redactJson(value))
      }),
    )
  })

  test('leaves text without secrets untouched', () => {
    const harmless = fc.stringMatching(/^[a-z0-9 .,:;(){}"\\\n]*$/)
    fc.assert(
      fc.property(harmless, (text) => {
        fc.pre(!knownSecrets().some((secret) => text.includes(secret)))
        expect(redact(text)).toBe(text)
      }),
    )
  })

  test('stays quick on large text, and on text that only looks dangerous', () => {
    const megabyte = 'The quick brown fox jumps over the lazy dog. '.repeat(23_000)
    const hostile =
      '-----BEGIN PRIVATE KEY-----\n'.repeat(4_000) +
      'eyJaaaaaaaa.eyJ'.repeat(8_000) +
      'eyJ'.repeat(300_000) +
      'Bearer aaaa'.repeat(8_000)
    // Of this thread alone: what takes the square of a megabyte takes minutes, on any machine.
    const before = process.threadCpuUsage()
    redact(megabyte)
    redact(hostile)
    expect(process.threadCpuUsage(before).user).toBeLessThan(10_000_000)
  })
})
