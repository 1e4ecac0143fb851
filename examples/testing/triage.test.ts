// The real agent and its real tools; only the model's words are scripted.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PerdureError } from 'perdure'
import { scriptedModel } from 'perdure/testing'
import { expect, test } from 'vitest'
import { triage } from './triage.ts'

const cwd = mkdtempSync(join(tmpdir(), 'perdure-example-'))
writeFileSync(join(cwd, 'sum.js'), 'export const sum = (a, b) => a - b\n')

test('reads the file that the report names, and hands its text to the model', async () => {
  const model = scriptedModel({
    turns: [{ tool: { name: 'Read', input: { file_path: '{{cwd}}/sum.js' } } }, 'It subtracts. Label: bug.'],
  })
  expect(await triage('sum.js gives wrong sums', { cwd, upstream: model })).toEqual({ label: 'bug', looked: 1 })
  expect(JSON.stringify(model.requests.at(-1)?.body)).toContain('a - b')
})

test('survives a service that is overloaded', async () => {
  const model = scriptedModel({ turns: [{ error: { status: 529 } }, 'question'] })
  expect(await triage('How do I sum?', { cwd, upstream: model })).toMatchObject({ label: 'question' })
})

test('says why when the service refuses', async () => {
  const model = scriptedModel([{ reply: { error: { status: 403 } } }])
  const failure = await triage('anything', { cwd, upstream: model }).catch((error: unknown) => error)
  expect(PerdureError.is(failure) && failure.code).toBe('permission_denied')
})

test('does not take a doubt for an answer', async () => {
  const model = scriptedModel([{ reply: 'Hard to say.' }])
  await expect(triage('?', { cwd, upstream: model })).rejects.toThrow('did not decide')
})
