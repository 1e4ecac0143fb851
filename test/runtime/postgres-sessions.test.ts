import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSession, openSession, PostgresStorage, runAgent, type LoggedEvent } from '../../src/index.ts'
import { scriptedModel, type Script } from '../../src/testing/index.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { scratchFolder } from '../support/scratch.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(() => server.close())

async function turn(prompt: string, { script, sessionId }: { script: Script; sessionId?: string }) {
  // As another machine would: nothing in common but the database.
  const storage = new PostgresStorage(server.url)
  const model = scriptedModel(script)
  const run = runAgent({
    prompt,
    storage,
    upstream: model,
    cwd: scratchFolder(),
    tools: ['Bash'],
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    env: { IS_SANDBOX: '1' },
    ...(sessionId === undefined ? {} : { sessionId }),
  })
  return { storage, model, run }
}

describe('sessions in PostgreSQL', () => {
  it('are resumed with nothing but the database, and keep their costs', async () => {
    const first = await turn('Choose a word.', { script: { turns: ['My word is heron.'] } })
    const outcome = await first.run
    expect(outcome).toMatchObject({ status: 'completed', text: 'My word is heron.' })
    await first.storage.close()

    const { sessionId } = outcome
    const second = await turn('Which word?', { script: { rules: [{ reply: 'Heron.' }] }, sessionId })
    expect(await second.run).toMatchObject({ status: 'completed', text: 'Heron.', sessionId })
    expect(JSON.stringify(second.model.requests.at(-1)?.body)).toContain('My word is heron.')
    const session = await openSession(sessionId, { storage: second.storage })
    expect((await session.state()).turns).toBe(2)
    await second.storage.close()
  })

  it('outlive a restart of the server in the middle of a run, and so do those who follow', async () => {
    const following = new PostgresStorage(server.url)
    const session = await createSession({ storage: following })
    const seen: LoggedEvent[] = []
    const stop = new AbortController()
    const follower = (async () => {
      for await (const event of session.follow({ signal: stop.signal })) seen.push(event)
    })()
    const { storage, run } = await turn('Go.', {
      script: {
        rules: [
          {
            when: { toolResult: false },
            reply: { text: 'Working.', tool: { name: 'Bash', input: { command: 'sleep 1; echo worked' } } },
          },
          { reply: 'Done.' },
        ],
      },
      sessionId: session.id,
    })
    for await (const event of run) {
      if (event.type !== 'agent.tool_use') continue
      await server.kill()
      await server.start()
    }
    expect(await run).toMatchObject({ status: 'completed', text: 'Done.' })
    const log = await (await openSession(session.id, { storage })).events()
    expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1))
    while (seen.length < log.length) await new Promise((resolve) => setTimeout(resolve, 50))
    stop.abort()
    await follower
    expect(seen).toEqual(log)
    await Promise.all([storage.close(), following.close()])
  })
})
