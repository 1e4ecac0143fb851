import { expect, it } from 'vitest'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { newSession, sampleEvent, scopeA } from '../../src/testing/contract-samples.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'

const secret = 'the heron is blue'

async function objectsThatTell(bucket: MemoryObjectBucket): Promise<string[]> {
  const keys = await bucket.list('')
  const texts = await Promise.all(keys.map(async (key) => Buffer.from((await bucket.read(key)) ?? []).toString()))
  return keys.filter((_, place) => texts[place]!.includes(secret))
}

it('nothing in the bucket tells what a deleted session said', async () => {
  const bucket = new MemoryObjectBucket()
  const storage = openObjectStorage(bucket)
  const stores = storage.workspace(scopeA)
  const sessionId = await newSession(stores)
  await stores.events.append(sessionId, [sampleEvent(secret)], { fence: 0 })
  await stores.transcripts.append({ agentSessionId: 'conversation' }, [{ uuid: 'a', secret }], { sessionId })
  expect(await objectsThatTell(bucket)).not.toEqual([])
  await stores.sessions.delete(sessionId)
  expect(await objectsThatTell(bucket)).toEqual([])
  await storage.close()
})

it.each([
  ['belongs to no session', false],
  ['belongs to a session', true],
])('nor what a deleted conversation said that %s', async (_name, isOwned) => {
  const bucket = new MemoryObjectBucket()
  const storage = openObjectStorage(bucket)
  const stores = storage.workspace(scopeA)
  const { transcripts } = stores
  const owner = isOwned ? { sessionId: await newSession(stores) } : {}
  const subpath = 'subagents/agent-1'
  await transcripts.append({ agentSessionId: 'conversation' }, [{ uuid: 'a', secret }], owner)
  await transcripts.append({ agentSessionId: 'conversation', subpath }, [{ uuid: 'b', secret }], owner)
  await transcripts.delete({ agentSessionId: 'conversation' })
  expect(await objectsThatTell(bucket)).toEqual([])
  await storage.close()
})
