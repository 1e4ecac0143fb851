import { afterAll, describe, expect, it } from 'vitest'
import {
  cancelRun,
  getRun,
  listRuns,
  listSchedules,
  openSession,
  scheduleRuns,
  submitRun,
  unscheduleRuns,
} from '../../src/index.ts'
import { processRuntime } from '../../src/compose/process-runtime.ts'
import { SqliteStorage, type SubmitRunOptions } from '../../src/index.ts'
import { scratchFolder } from '../support/scratch.ts'

afterAll(() => processRuntime().close())

describe('a run for workers', () => {
  it('stands in its session’s inbox once, and is taken back from there', async () => {
    const dataDirectory = scratchFolder()
    const { runId, sessionId } = await submitRun({ prompt: 'Hello.', dataDirectory, title: 'Greeting', id: 'greet' })
    await submitRun({ prompt: 'Hello.', dataDirectory, id: 'greet' })
    const storage = new SqliteStorage({ dataDirectory })
    const { inbox } = (await storage.open()).workspace({ organizationId: 'default', workspaceId: 'default' })
    expect(await inbox.list(sessionId)).toHaveLength(1)
    expect((await openSession(sessionId, { storage })).record.title).toBe('Greeting')
    expect(await cancelRun(runId, { dataDirectory })).toMatchObject({ id: 'greet', status: 'cancelled' })
    expect(await inbox.list(sessionId)).toEqual([])
    const { sessionId: another } = await submitRun({ prompt: 'Hi.', dataDirectory })
    expect(await submitRun({ prompt: 'Hello.', dataDirectory, id: 'greet', sessionId: another })).toEqual({
      runId,
      sessionId,
    })
    expect(await inbox.list(sessionId)).toEqual([])
    expect(await inbox.list(another)).toHaveLength(1)
    await storage.close()
  })

  it('has a name of its own in each workspace, and is found there alone', async () => {
    const dataDirectory = scratchFolder()
    const submitted = await Promise.all(
      ['a', 'b'].map((workspaceId) => submitRun({ prompt: 'Hello.', dataDirectory, workspaceId, id: 'same' })),
    )
    expect(new Set(submitted.map(({ sessionId }) => sessionId)).size).toBe(2)
    expect(await listRuns({ dataDirectory, workspaceId: 'a' })).toMatchObject([{ id: 'same', tenant: 'default/a' }])
    await expect(getRun('same', { dataDirectory })).rejects.toMatchObject({ code: 'run_not_found' })
    await expect(cancelRun('same', { dataDirectory })).rejects.toMatchObject({ code: 'run_not_found' })
    await cancelRun('same', { dataDirectory, workspaceId: 'a' })
    expect(await getRun('same', { dataDirectory, workspaceId: 'b' })).toMatchObject({ status: 'queued' })
  })

  it.each<[string, Partial<SubmitRunOptions> & Record<string, unknown>, string]>([
    ['a function', { onCostUpdate: () => {} }, 'option_not_supported'],
    ['secrets of an environment', { env: { KEY: 'x' } }, 'option_not_supported'],
    ['a function further down', { hooks: { Stop: [{ hooks: [async () => ({})] }] } }, 'option_not_supported'],
    ['an unknown option', { alowedTools: ['Bash'] }, 'invalid_request'],
    ['an empty prompt', { prompt: ' ' }, 'invalid_request'],
    ['no session’s id', { sessionId: 'mine' }, 'invalid_request'],
    ['a session that is not there', { sessionId: 'sesn_0000000000000000000000000a' }, 'session_not_found'],
    ['two places', { databaseUrl: 'postgres://nowhere.invalid/x' }, 'invalid_request'],
  ])('cannot have %s', async (_, options, code) => {
    const dataDirectory = scratchFolder()
    await expect(submitRun({ prompt: 'Hello.', dataDirectory, ...options })).rejects.toMatchObject({ code })
  })

  it('says nothing in a session when the queue refuses it', async () => {
    const dataDirectory = scratchFolder()
    const { sessionId } = await submitRun({ prompt: 'Hello.', dataDirectory })
    const storage = new SqliteStorage({ dataDirectory })
    const { inbox } = (await storage.open()).workspace({ organizationId: 'default', workspaceId: 'default' })
    for (const wrong of [{ priority: -1 }, { id: '' }, { id: 'x'.repeat(300) }]) {
      const refused = submitRun({ prompt: 'Again.', sessionId, dataDirectory, ...wrong })
      await expect(refused).rejects.toMatchObject({ code: 'invalid_request' })
    }
    expect(await inbox.list(sessionId)).toHaveLength(1)
    await storage.close()
  })

  it('may repeat by a schedule of its workspace', async () => {
    const dataDirectory = scratchFolder()
    await scheduleRuns({ name: 'tidy', cron: '0 3 * * *', prompt: 'Tidy up.', dataDirectory })
    expect(await listSchedules({ dataDirectory })).toMatchObject([{ name: 'tidy', cron: '0 3 * * *' }])
    expect(await listSchedules({ dataDirectory, workspaceId: 'other' })).toEqual([])
    await unscheduleRuns({ name: 'tidy', dataDirectory, workspaceId: 'other' })
    await unscheduleRuns({ name: 'tidy', dataDirectory })
    expect(await listSchedules({ dataDirectory })).toEqual([])
    const never = scheduleRuns({ name: 'x', cron: 'x', prompt: 'x', dataDirectory })
    await expect(never).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
