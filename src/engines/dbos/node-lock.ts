import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { PerdureError } from '../../errors/perdure-error.ts'
import { protocolVersion, type DbosPlace } from './dbos-place.ts'

export interface NodeLockOptions {
  readonly place: DbosPlace
  readonly id: string
  /** How long this node may be without its lock before it counts its work as another’s. */
  readonly graceMs: number
  /** Called once, when the work of this node may be another’s. */
  readonly onLost: (error: PerdureError) => void
}

/**
 * That a node lives: an advisory lock of a connection of its own, which the server drops when the process dies. Whoever
 * obtains the lock of another node knows that it is dead.
 */
export class NodeLock {
  readonly #options: NodeLockOptions
  readonly #table: string
  #client: Client | null = null
  #isOver = false
  #heldSinceMs = 0

  private constructor(options: NodeLockOptions) {
    this.#options = options
    this.#table = `"${options.place.schema}".perdure_node`
  }

  /** @throws what the server or the network says. */
  static async take(options: NodeLockOptions): Promise<NodeLock> {
    const lock = new NodeLock(options)
    await lock.#connect({ isNew: true })
    return lock
  }

  /** How long this connection has been up: after an outage, others need a moment to come back. */
  get heldForMs(): number {
    return this.#client === null ? 0 : performance.now() - this.#heldSinceMs
  }

  /** Says that this process is not frozen, and finds out whether the connection still is one. */
  async beat(): Promise<void> {
    const client = this.#client
    try {
      await client?.query(`update ${this.#table} set beat_at = now() where id = $1`, [this.#options.id])
    } catch (error) {
      // A network that is gone closes nothing: nobody may be at the other end any more, and the lock another's.
      if (client !== null) void this.#disconnected(client)
      throw error
    }
  }

  /** Nodes of this protocol besides this one; a silent one has not said for so long that it is not frozen. */
  async others(silentMs: number): Promise<{ id: string; isSilent: boolean }[]> {
    if (this.#client === null) return []
    const { rows } = await this.#client.query<{ id: string; is_silent: boolean }>(
      `select id, beat_at < now() - $1 * interval '1 millisecond' as is_silent from ${this.#table}
       where id <> $2 and protocol = $3`,
      [silentMs, this.#options.id, protocolVersion],
    )
    return rows.map(({ id, is_silent: isSilent }) => ({ id, isSilent }))
  }

  /** Does the work with the lock of a dead node, and forgets the node; false when it lives, or another is at it. */
  async ofDead(id: string, work: () => Promise<void>): Promise<boolean> {
    const client = this.#client
    if (client === null || !(await tryLock(client, this.#name(id)))) return false
    try {
      await work()
      await client.query(`delete from ${this.#table} where id = $1`, [id])
    } finally {
      await client.query(`select pg_advisory_unlock(hashtextextended($1, 0))`, [this.#name(id)])
    }
    return true
  }

  /** Cuts the connection of a node that is frozen; its lock falls with it. */
  async cutOff(id: string): Promise<void> {
    await this.#client?.query(
      `select pg_terminate_backend(backend_id) from ${this.#table} join pg_stat_activity on pid = backend_id
       where id = $1 and application_name = $2`,
      [id, connectionName(id)],
    )
  }

  /** Lets go. A node that forgets itself has left nothing; one that does not is found by the others, like a dead one. */
  async release({ forgets = true }: { forgets?: boolean } = {}): Promise<void> {
    this.#isOver = true
    const client = this.#client
    this.#client = null
    if (forgets) await client?.query(`delete from ${this.#table} where id = $1`, [this.#options.id]).catch(() => {})
    await client?.end().catch(() => {})
  }

  async #connect({ isNew }: { isNew: boolean }): Promise<void> {
    const { place, id } = this.#options
    const client = place.newClient()
    try {
      await client.connect()
      await client.query(`select set_config('application_name', $1, false), ${dropsTheDead}`, [connectionName(id)])
      if (!(await tryLock(client, this.#name(id)))) throw new Error('the lock of this node is held')
      const row = [id, protocolVersion]
      const { rowCount } = isNew
        ? await client.query(
            `insert into ${this.#table} (id, protocol, backend_id) values ($1, $2, pg_backend_pid())`,
            row,
          )
        : await client.query(
            `update ${this.#table} set backend_id = pg_backend_pid(), beat_at = now() where id = $1 and protocol = $2`,
            row,
          )
      if (rowCount !== 1) return this.#lose('Another node has taken over what this one had begun.')
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    this.#client = client
    this.#heldSinceMs = performance.now()
    client.once('end', () => void this.#disconnected(client))
  }

  /** The server went away, or closed the connection because this process was frozen: which of both, only the server can tell. */
  async #disconnected(client: Client): Promise<void> {
    if (this.#isOver || this.#client !== client) return
    this.#client = null
    client.end().catch(() => {})
    const lostAtMs = performance.now()
    while (!this.#isOver && performance.now() - lostAtMs < this.#options.graceMs) {
      try {
        return await this.#connect({ isNew: false })
      } catch {
        await delay(reconnectEveryMs)
      }
    }
    this.#lose('The database could not be reached for too long.')
  }

  #lose(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onLost(new PerdureError('lease_lost', `This worker lost its place in the fleet. ${reason}`))
  }

  #name(id: string): string {
    return `perdure node ${this.#options.place.schema} ${id}`
  }
}

const reconnectEveryMs = 200
/** The server notices within half a minute that a whole machine is gone. */
const dropsTheDead = Object.entries({ idle: 10, interval: 5, count: 3 })
  .map(([name, value]) => `set_config('tcp_keepalives_${name}', '${value}', false)`)
  .join(', ')
/** The server cuts names after 63 bytes. */
const connectionName = (id: string): string => `perdure ${id}`.slice(0, 63)

async function tryLock(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
    [name],
  )
  return rows[0]!.taken
}
