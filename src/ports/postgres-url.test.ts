import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { redact } from '../domain/redaction.ts'
import { postgresUrl } from './postgres-url.ts'

test('the password of a URL is a secret from then on, as it is written and as it is meant', () => {
  expect(postgresUrl('postgresql://user:cuckoo%40nest@host/birds').hostname).toBe('host')
  expect(redact('cuckoo%40nest, cuckoo@nest')).not.toContain('cuckoo')
})

test.each(['user:nightingale', 'mysql://user:nightingale@host/birds', 'postgres://user:nightingale@host:99999/birds'])(
  'what is no URL of a PostgreSQL is refused without being told: %s',
  (text) => {
    let refused: unknown
    try {
      postgresUrl(text)
    } catch (error) {
      refused = error
    }
    expect(refused).toMatchObject({ code: 'configuration_invalid' })
    expect(inspect(refused).replaceAll(import.meta.filename, '')).not.toContain('nightingale')
  },
)
