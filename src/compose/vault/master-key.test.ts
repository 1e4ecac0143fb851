import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { masterKeyFile, masterKeyOf } from './master-key.ts'

function home(): { HOME: string } {
  const HOME = mkdtempSync(join(tmpdir(), 'perdure-home-'))
  onTestFinished(() => rmSync(HOME, { recursive: true, force: true }))
  return { HOME }
}

test('is made once, when there is something to seal, for its owner alone', () => {
  const environment = home()
  expect(() => masterKeyOf(environment, { create: false })).toThrow(/no key for the vault/)
  const made = masterKeyOf(environment, { create: true })
  expect(made).toHaveLength(32)
  expect(masterKeyOf(environment, { create: true })).toEqual(made)
  expect(masterKeyOf(environment, { create: false })).toEqual(made)
  const path = masterKeyFile(environment)
  expect(path).toBe(join(environment.HOME, '.config/perdure/vault.key'))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8').trim()).toBe(Buffer.from(made).toString('base64'))
})

test('of the environment comes before the file, with or without its padding', () => {
  const key = randomBytes(32)
  const environment = { ...home(), PERDURE_VAULT_KEY: ` ${key.toString('base64')}\n` }
  expect(masterKeyOf(environment, { create: true })).toEqual(key)
  expect(masterKeyOf({ PERDURE_VAULT_KEY: key.toString('base64').slice(0, -1) }, { create: false })).toEqual(key)
})

test.each(['short', randomBytes(31).toString('base64'), `${randomBytes(32).toString('base64')}!`, 'x'.repeat(44)])(
  'that is no key is refused, and not shown',
  (written) => {
    const environment = home()
    const refuses = (use: () => unknown): void => {
      expect(use).toThrow(expect.objectContaining({ code: 'vault_locked' }) as Error)
      expect(use).not.toThrow(written)
    }
    refuses(() => masterKeyOf({ ...environment, PERDURE_VAULT_KEY: written }, { create: true }))
    const path = masterKeyFile(environment)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, written)
    refuses(() => masterKeyOf(environment, { create: true }))
  },
)
