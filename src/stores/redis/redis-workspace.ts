import type { SessionId } from '../../domain/ids.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { LeaseOwner } from '../../ports/lease.ts'
import type { EventFeed } from '../events/event-feed.ts'
import type { CommitHub } from './commit-hub.ts'
import type { RedisServer } from './redis-server.ts'
import type { RedisScript } from './scripts/define-script.ts'
import type { WriteLanes } from './write-lanes.ts'

/** What all stores of one Redis share. */
export interface RedisContext {
  readonly server: RedisServer
  readonly hub: CommitHub
  readonly lanes: WriteLanes
  readonly feed: EventFeed
  readonly keyPrefix: string
  readonly isOwnerGone: (owner: LeaseOwner) => boolean
}

/** One tenant's keys, and the scripts on them. */
export class RedisWorkspace {
  readonly context: RedisContext
  /** What its keys begin with. */
  readonly prefix: string

  constructor(context: RedisContext, prefix: string) {
    this.context = context
    this.prefix = prefix
  }

  /** What the script returns; a write is done once, also when its connection broke and it was sent again. */
  async run<Answer>(script: RedisScript, args: readonly (string | number)[]): Promise<Answer> {
    const { server, hub, lanes } = this.context
    const evaluate = (lane: string, number: number): Promise<unknown> =>
      server.evaluate(script, {
        key: `${this.prefix}writes:${hub.token}`,
        args: [this.prefix, hub.channel, hub.token, lane, String(number), ...args.map(String)],
      })
    const answer = script.isWrite
      ? await lanes.using(({ name, number }) => evaluate(name, number))
      : await evaluate('', 0)
    if (Array.isArray(answer) && answer[0] === 'too_late') {
      throw new PerdureError('storage_failed', 'a write was given up before the server did it')
    }
    return answer as Answer
  }

  /** Names the log of a session among the live subscriptions, as the scripts name it. */
  topicOf(sessionId: SessionId): string {
    return this.prefix + sessionId
  }

  /** Lets a rule pass over a holder who is known to be gone: asks with his fence, as long as it is another's each time. */
  async pastTheGone(ask: (goneFence: string) => Promise<string[]>): Promise<string[]> {
    for (let gone = ''; ;) {
      const answer = await ask(gone)
      const [status, owner, fence] = answer
      if (status !== 'lease_held' || !this.context.isOwnerGone(JSON.parse(owner!) as LeaseOwner)) return answer
      gone = fence!
    }
  }
}
