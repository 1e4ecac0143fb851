import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newIdBody } from '../../src/domain/ids.ts'
import type { Storage, WorkspaceScope } from '../../src/ports/storage.ts'
import { openMemoryStorage } from '../../src/stores/memory/open-memory-storage.ts'
import { openObjectStorage } from '../../src/stores/objects/open-object-storage.ts'
import { openPostgresStorage } from '../../src/stores/postgres/open-postgres-storage.ts'
import { openRedisStorage } from '../../src/stores/redis/open-redis-storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { sampleOwner, type StorageUnderTest } from '../../src/testing/contract-samples.ts'
import { sampleCall, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { TestRedisServer } from '../support/redis-server.ts'
import { requires } from '../support/require.ts'
import { MemoryObjectBucket } from '../../src/testing/memory-bucket.ts'
import { freshSchema, sharedPostgresUrl } from '../support/shared-postgres.ts'
import { freshScope, LedgerModel, steps, type Step } from './ledger-model.ts'
import { temporaryDirectories } from './temporary-directory.ts'

const newDirectory = temporaryDirectories()
let redis: TestRedisServer | undefined
afterAll(() => redis?.close())
const backends: [string, number, StorageUnderTest][] = [
  ['memory', 150, { open: async (options) => openMemoryStorage(options) }],
  ['a bucket', 40, { open: async (options) => openObjectStorage(new MemoryObjectBucket(), options) }],
  [
    'PostgreSQL',
    8,
    {
      open: async (options) =>
        openPostgresStorage({ url: await sharedPostgresUrl(), schema: freshSchema(), ...options }),
    },
  ],
  ['SQLite', 25, { open: (options) => openSqliteStorage({ dataDirectory: newDirectory(), ...options }) }],
]
// Where there is none, its own tests say so.
if (!requires('redis').isMissing) {
  const open: StorageUnderTest['open'] = async (options) => {
    redis ??= await TestRedisServer.start()
    return openRedisStorage({ url: redis.url, ...options })
  }
  backends.push(['Redis', 25, { open }])
}

describe.each(backends)('a ledger in %s', (_name, numRuns, backend) => {
  const gone = new Set<string>()
  let storage: Storage
  beforeAll(async () => {
    storage = await backend.open({
      isOwnerGone: (owner) => gone.has(JSON.stringify([owner.startedAt, owner.processId])),
    })
  })
  afterAll(() => storage.close())

  it('says of any interleaving what plain sums say, exceeds no limit and holds nothing in the end', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const trial = await Trial.begin(storage, gone)
        for (const step of plan) await trial.take(step)
        await trial.end()
      }),
      { numRuns },
    )
  })
})

/** A ledger and the model of it, which take the same steps. */
class Trial {
  readonly #storage: Storage
  readonly #scope: WorkspaceScope
  readonly #model: LedgerModel
  readonly #gone: Set<string>
  /** Tells this trial's processes from those of others on the same storage. */
  readonly #startedAt = newIdBody()
  readonly #reserved: string[] = []

  private constructor(storage: Storage, gone: Set<string>) {
    this.#storage = storage
    this.#gone = gone
    this.#scope = freshScope()
    this.#model = new LedgerModel(this.#scope)
  }

  static async begin(storage: Storage, gone: Set<string>): Promise<Trial> {
    const trial = new Trial(storage, gone)
    for (const index of trial.#model.budgets.keys()) await trial.#set(index)
    return trial
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'reserve':
        await this.#reserve(step)
        break
      case 'settle':
        await this.#settle(step)
        break
      case 'settle unreserved': {
        const account = this.#account(step.account)
        const [cost, presumed] = [BigInt(step.cost) / 10n, 0n]
        this.#model.settle(account, { id: null, cost, presumed })
        await this.#ledger.settle(sampleCall(account, { costNanoUsd: cost }))
        break
      }
      case 'release': {
        const id = this.#reserved[step.reservation % this.#reserved.length]
        if (id === undefined) return
        this.#model.reservations.delete(id)
        await this.#ledger.release(id)
        break
      }
      case 'die':
        this.#gone.add(JSON.stringify([this.#startedAt, step.owner]))
        this.#model.die(step.owner)
        break
      case 'set': {
        const { limit } = this.#model.budgets[step.budget % this.#model.budgets.length]!
        this.#model.set({ ...limit, limitNanoUsd: BigInt(step.limit) })
        await this.#set(step.budget % this.#model.budgets.length)
      }
    }
    await this.#compare()
  }

  async end(): Promise<void> {
    for (const owner of Array.from({ length: 12 }, (_, index) => index)) await this.take({ do: 'die', owner })
    expect((await this.#ledger.budgets()).filter(({ reservedNanoUsd }) => reservedNanoUsd !== 0n)).toEqual([])
  }

  async #reserve({ callers }: Step & { do: 'reserve' }): Promise<void> {
    const requests = callers.map(({ account, wanted, minimum, owner }) =>
      sampleRequest(this.#account(account), {
        wantedNanoUsd: BigInt(wanted),
        minimumNanoUsd: BigInt(minimum),
        owner: { ...sampleOwner(owner), startedAt: this.#startedAt },
      }),
    )
    // All ask at once; the ledger answers one after another.
    const answers = await Promise.all(requests.map((request) => this.#ledger.reserve(request)))
    for (const [index, answer] of answers.entries()) {
      const request = requests[index]!
      expect(this.#model.judge(request, answer)).toBeUndefined()
      if (answer.status !== 'reserved') continue
      this.#model.hold(request, answer.grantedNanoUsd)
      this.#reserved.push(request.reservationId)
    }
  }

  async #settle({ reservation, costShare, presumedShare, overrun }: Step & { do: 'settle' }): Promise<void> {
    const id = this.#reserved[reservation % this.#reserved.length]
    const held = id === undefined ? undefined : this.#model.reservations.get(id)
    if (id === undefined || !held) return
    const cost = (held.granted * BigInt(costShare)) / 100n + BigInt(overrun)
    const presumed = ((held.granted - (held.granted * BigInt(costShare)) / 100n) * BigInt(presumedShare)) / 100n
    const isOverrun = this.#model.settle(held.account, { id, cost, presumed })
    const amounts = { costNanoUsd: cost, presumedNanoUsd: presumed }
    const call = sampleCall(held.account, { reservationId: id, ...amounts })
    const [settled, again] = await Promise.all([this.#ledger.settle(call), this.#ledger.settle(call)])
    expect(settled.isOverrun).toBe(isOverrun)
    expect(again).toEqual({ ...settled, crossed: [] })
  }

  async #set(index: number): Promise<void> {
    const { limit } = this.#model.budgets[index]!
    const ledger = limit.scope === 'organization' ? this.#storage.organization(limit.id) : this.#ledger
    await ledger.setBudget(limit)
  }

  async #compare(): Promise<void> {
    const states = await this.#ledger.budgets()
    expect(states).toHaveLength(this.#model.budgets.length)
    for (const { limit, closed, ceiling } of this.#model.budgets) {
      const state = states.find(({ id }) => id === limit.id)!
      const { spent, presumed, reserved } = this.#model.amountsOf(limit)
      const amounts = { spentNanoUsd: spent, presumedNanoUsd: presumed, reservedNanoUsd: reserved }
      expect(state).toEqual({ ...limit, ...amounts, isClosed: closed })
      if (limit.mode === 'hard') {
        expect(state.spentNanoUsd + state.presumedNanoUsd + state.reservedNanoUsd).toBeLessThanOrEqual(ceiling)
      }
    }
  }

  get #ledger() {
    return this.#storage.workspace(this.#scope).ledger
  }

  #account = (index: number) => this.#model.accounts[index % this.#model.accounts.length]!
}
