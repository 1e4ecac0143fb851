import { expect, it } from 'vitest'
import { newSession, pause, scopeA } from '../../src/testing/contract-samples.ts'
import { sharedPlaces, slowPlaces } from './shared-places.ts'
import { seededRandom, startProcess } from './start-process.ts'
import { openPlace } from './storage-place.ts'
import type { ProcessReport } from './store-process.ts'

/** For a long proof: PERDURE_STORE_KILLS=1000, and PERDURE_STORE_SEED to see others than the usual moments. */
const kills = Number(process.env['PERDURE_STORE_KILLS'] ?? 20)
const seed = Number(process.env['PERDURE_STORE_SEED'] ?? 1)

const paced = [
  ...sharedPlaces().map(([name, newPlace]) => ({ name, newPlace, kills, longestLifeMs: 120 })),
  ...slowPlaces().map(([name, newPlace]) => ({ name, newPlace, kills: Math.ceil(kills / 4), longestLifeMs: 2_000 })),
]

it.each(paced)(
  '$name loses nothing that was acknowledged over $kills kills at random moments',
  async ({ newPlace, kills, longestLifeMs }) => {
    const random = seededRandom(seed)
    const place = await newPlace()
    const storage = await openPlace(place)
    const stores = storage.workspace(scopeA)
    const sessionId = await newSession(stores)
    const agentSessionId = 'c0ffee00-0000-4000-8000-000000000000'
    const acknowledged: ProcessReport[] = []
    for (let kill = 0; kill < kills; kill++) {
      const driver = startProcess({ do: 'drive', place, sessionId, agentSessionId, count: 1_000_000 })
      // Each takes over from its dead predecessor.
      expect(await driver.saw('ready')).toEqual({ kind: 'ready', fence: kill + 1 })
      await pause(random() * longestLifeMs)
      driver.child.kill('SIGKILL')
      await driver.ended
      expect(driver.stderr.join('')).toBe('')
      acknowledged.push(...driver.reports)
    }

    const logged = await stores.events.read(sessionId)
    expect(logged.map((event) => event.sequence)).toEqual(logged.map((_, index) => index + 1))
    const sequenceById = new Map<string, number>(logged.map(({ id, sequence }) => [id, sequence]))
    expect(sequenceById.size).toBe(logged.length)
    expect(await stores.events.head(sessionId)).toBe(logged.length)
    const events = acknowledged.filter((report) => report.kind === 'event')
    expect(events.filter(({ id, sequence }) => sequenceById.get(id) !== sequence)).toEqual([])

    const entries = (await stores.transcripts.load({ agentSessionId })) ?? []
    const uuids = new Set(entries.map((entry) => entry['uuid']))
    expect(uuids.size).toBe(entries.length)
    const mirrored = acknowledged.filter((report) => report.kind === 'entry')
    expect(mirrored.filter(({ uuid }) => !uuids.has(uuid))).toEqual([])
    // The kills fell into work, not beside it.
    expect(events.length).toBeGreaterThan(kills)
    await storage.close()
  },
  60_000 + kills * 2_000,
)
