import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { knownSecrets } from '../../domain/known-secrets.ts'
import { codeOf } from '../../testing/contract-samples.ts'
import { commandCredential } from './command-credential.ts'
import { environmentCredential } from './environment-credential.ts'
import { fileCredential } from './file-credential.ts'
import { keptCredential } from './kept-credential.ts'
import { vaultCredential } from './vault-credential.ts'

function scratchFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-credential-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'key')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

describe('a variable', () => {
  test('is read anew each time, and known to redaction', async () => {
    const environment: Record<string, string> = { MY_KEY: ' first-key-value \n' }
    const source = environmentCredential({ variable: 'MY_KEY', kind: 'apiKey', environment })
    expect(await source.read()).toEqual({ apiKey: 'first-key-value' })
    environment['MY_KEY'] = 'second-key-value'
    expect(await source.read()).toEqual({ apiKey: 'second-key-value' })
    expect(knownSecrets()).toContain('second-key-value')
    environment['MY_KEY'] = 'a key of\ntwo lines'
    expect(await codeOf(source.read())).toBe('authentication_failed')
    environment['MY_KEY'] = ' '
    expect(await codeOf(source.read())).toBe('credentials_missing')
  })
})

describe('a file', () => {
  test('is read again when it is written, and when another takes its place', async () => {
    const path = scratchFile('one-in-a-file\n')
    const source = fileCredential({ path, kind: 'authToken' })
    expect(await source.read()).toEqual({ authToken: 'one-in-a-file' })
    writeFileSync(path, 'two-in-a-file\n')
    expect(await source.read()).toEqual({ authToken: 'two-in-a-file' })
    writeFileSync(`${path}.new`, 'six-in-a-file\n')
    renameSync(`${path}.new`, path)
    expect(await source.read()).toEqual({ authToken: 'six-in-a-file' })
  })

  test('that others may read is worth a warning, and no more', async () => {
    const path = scratchFile('a-key-of-a-file')
    const source = fileCredential({ path, kind: 'apiKey' })
    expect(await source.warning?.()).toBeUndefined()
    chmodSync(path, 0o644)
    expect(await source.warning?.()).toContain('chmod 600')
    expect(await source.read()).toEqual({ apiKey: 'a-key-of-a-file' })
  })

  test('that is not there or empty is missing; one that is no file has failed', async () => {
    const path = scratchFile(' \n')
    expect(await codeOf(fileCredential({ path, kind: 'apiKey' }).read())).toBe('credentials_missing')
    expect(await codeOf(fileCredential({ path: `${path}.not`, kind: 'apiKey' }).read())).toBe('credentials_missing')
    expect(await codeOf(fileCredential({ path: join(path, '..'), kind: 'apiKey' }).read())).toBe('credentials_failed')
  })
})

describe('a command', () => {
  const { env: environment, execPath } = process
  const source = (command: readonly [string, ...string[]] | { shell: string }, timeoutMs?: number) =>
    commandCredential({ command, kind: 'apiKey', environment, ...(timeoutMs === undefined ? {} : { timeoutMs }) })

  test('gives what it prints, and no shell reads its arguments', async () => {
    const printing = source([execPath, '-p', 'process.argv[1]', 'key-with-$HOME'])
    expect(await printing.read()).toEqual({ apiKey: 'key-with-$HOME' })
    expect(printing.description).not.toContain('HOME')
    expect(await source({ shell: 'echo key-of-$((40+2))-shell' }).read()).toEqual({ apiKey: 'key-of-42-shell' })
  })

  test('is run again only when its key was refused', async () => {
    const counter = scratchFile('')
    const counting = source({ shell: `echo x >> ${counter}; echo key-number-$(wc -l < ${counter} | tr -d ' ')` })
    const [first, same] = await Promise.all([counting.read(), counting.read()])
    expect(first).toEqual({ apiKey: 'key-number-1' })
    expect(same).toEqual(first)
    counting.refused?.({ apiKey: 'an older one' })
    expect(await counting.read()).toEqual(first)
    counting.refused?.(first)
    expect(await counting.read()).toEqual({ apiKey: 'key-number-2' })
  })

  test('that fails says how, and never what it printed', async () => {
    const printed = 'perhaps-the-real-key'
    for (const [command, words] of [
      [{ shell: `echo ${printed}; echo ${printed} >&2; exit 3` }, 'exit code 3'],
      [['/nowhere/at-all', printed], 'ENOENT'],
      [{ shell: `yes ${printed}` }, 'more than'],
    ] as const) {
      const error = await source(command)
        .read()
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'credentials_failed' })
      expect(String(error)).toContain(words)
      expect(JSON.stringify(error) + String(error)).not.toContain(printed)
    }
    expect(await codeOf(source({ shell: 'true' }).read())).toBe('credentials_missing')
  })

  test('that hangs is ended, with what it started', async () => {
    const startedAt = performance.now()
    expect(await codeOf(source({ shell: 'sleep 30 & sleep 30' }, 100).read())).toBe('credentials_failed')
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})

test('a kept value is asked for again when its time is over, and after a failure at once', async () => {
  let nowMs = 0
  let asked = 0
  const ask = async (): Promise<string> => {
    asked++
    if (asked === 2) throw new Error('not now')
    return `value-number-${asked}`
  }
  const source = keptCredential({ description: 'test', kind: 'apiKey', ttlMs: 1_000, ask, nowMs: () => nowMs })
  await source.read()
  nowMs = 999
  expect(await source.read()).toEqual({ apiKey: 'value-number-1' })
  nowMs = 1_000
  await expect(source.read()).rejects.toThrow('not now')
  expect(await source.read()).toEqual({ apiKey: 'value-number-3' })
})

test('a secret that the vault lacks is missing, with the command that sets it', async () => {
  const openVault = async () => ({ get: async (name: string) => (name === 'there' ? 'a-vault-secret' : null) })
  expect(await vaultCredential({ name: 'there', kind: 'apiKey', openVault }).read()).toEqual({
    apiKey: 'a-vault-secret',
  })
  await expect(vaultCredential({ name: 'main', kind: 'apiKey', openVault }).read()).rejects.toMatchObject({
    code: 'credentials_missing',
    hint: 'Set it: perdure vault set main',
  })
})
