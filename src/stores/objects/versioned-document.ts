import { setTimeout as pause } from 'node:timers/promises'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ObjectBucket } from '../../ports/object-bucket.ts'
import {
  decodeVersion,
  encodeVersion,
  hasWrite,
  nextVersion,
  rememberedWrites,
  versionKey,
  versionNumber,
  type DocumentVersion,
} from './document-version.ts'

/** Versions that stay, for readers that have just found them; older ones go, some at a time. */
const keptVersions = 4
const forgottenAtOnce = 8
const longestBackoffMs = 200
/** Writes in a row after which others get a chance, who must read before they write. */
const longestStreak = 16
/** What was the newest version so many writes ago, by the time that one takes, is looked at again before it is built on. */
const trustedWrites = 20

export interface DocumentOptions<State> {
  readonly bucket: ObjectBucket
  /** Its versions are the objects below this key. */
  readonly key: string
  /** What it is before it is written for the first time; must not be changed. */
  readonly empty: State
  /** Moves what is large out of a state that is about to be written on top of `base`, into objects of their own. */
  readonly spill?: (state: State, put: PutObject, base: State) => Promise<State>
  /** Told when a version is found that another process has written. */
  readonly onNews?: (() => void) | undefined
}

export type PutObject = (key: string, bytes: Uint8Array) => Promise<void>

/**
 * What a change makes of a state, which it leaves as it is: the same state when nothing is to be written. It may run again
 * on another state. What it throws is the answer to its caller; nothing else is affected.
 */
export type DocumentChange<State, Result> = (
  state: State,
  nowMs: number,
) => Changed<State, Result> | Promise<Changed<State, Result>>

export interface Changed<State, Result> {
  readonly state: State
  readonly result: Result
}

interface Waiting<State> {
  readonly change: DocumentChange<State, unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * A JSON document in a bucket that many processes change. Each version is an object that only one of them can create; who
 * comes second looks at the newest and tries again. Changes that wait at the same time in this process are one version.
 */
export class VersionedDocument<State> {
  readonly #options: DocumentOptions<State>
  #known: DocumentVersion<State> | undefined
  #waiting: Waiting<State>[] = []
  #working: Promise<void> | undefined
  #forgetting: Promise<void> = Promise.resolve()
  /** All versions before this one have been forgotten, as far as this process knows. */
  #forgotten = 0
  #streak = 0
  /** How long the last write took, and when it was over. */
  #last = { tookMs: 0, endedAtMs: 0 }
  /** When the known version was last seen to be the newest; not by a clock that stands still while the machine sleeps. */
  #confirmedAtMs = 0

  constructor(options: DocumentOptions<State>) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#working === undefined
  }

  /** The newest state, whoever wrote it. */
  async read(): Promise<State> {
    return (await this.#newest()).state
  }

  /** The state of a version that was just found in a listing, or a newer one. */
  async readListed(key: string): Promise<State> {
    if (this.#known?.number === versionNumber(key)) return this.#known.state
    const bytes = await this.#options.bucket.read(key)
    return bytes ? this.#know(decodeVersion<State>(key, bytes)).state : this.read()
  }

  /** Resolves once the change is durable; in the order in which changes were asked for. */
  change<Result>(change: DocumentChange<State, Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ change, resolve: resolve as (result: unknown) => void, reject })
      this.#working ??= this.#work()
    })
  }

  /** Deletes all versions before the newest, where what they hold may be found no more. */
  async forgetEarlier(): Promise<void> {
    await this.#forget((await this.#newest()).number)
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#working) await this.#working
    await this.#forgetting
  }

  async #work(): Promise<void> {
    // Whoever asks in this moment comes along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#giveWay()
      const group = this.#waiting
      this.#waiting = []
      const begunAtMs = Date.now()
      try {
        await this.#commit(group)
      } catch (error) {
        this.#known = undefined
        for (const { reject } of group) reject(error)
      }
      this.#last = { tookMs: Date.now() - begunAtMs, endedAtMs: Date.now() }
    }
    this.#working = undefined
  }

  /** Whoever lost to this process reads what it wrote, and may have its turn while this one waits. */
  async #giveWay(): Promise<void> {
    const { tookMs, endedAtMs } = this.#last
    const isPausing = Date.now() - endedAtMs > tookMs
    this.#streak = isPausing ? 0 : this.#streak + 1
    if (this.#streak % longestStreak === longestStreak - 1) await pause(2 * tookMs)
  }

  async #commit(group: readonly Waiting<State>[]): Promise<void> {
    let isNewest = !this.#isTrusted
    let base = isNewest ? await this.#newest() : this.#known!
    for (let attempt = 0; ; attempt++) {
      const { state, answers } = await this.#apply(base.state, group)
      if (state === base.state) {
        // To refuse, or to leave all as it is, takes the newest state.
        const newest = isNewest ? base : await this.#newest()
        if (newest.number === base.number) return answers.forEach((answer) => answer())
        base = newest
      } else {
        const overtaking = await this.#write(base, state)
        if (overtaking === undefined) return answers.forEach((answer) => answer())
        base = overtaking
        await pause(Math.min(2 ** attempt - 1, longestBackoffMs))
      }
      isNewest = true
    }
  }

  async #apply(state: State, group: readonly Waiting<State>[]) {
    const nowMs = await this.#options.bucket.now()
    const answers: (() => void)[] = []
    for (const { change, resolve, reject } of group) {
      try {
        const changed = await change(state, nowMs)
        state = changed.state
        answers.push(() => resolve(changed.result))
      } catch (error) {
        answers.push(() => reject(error))
      }
    }
    return { state, answers }
  }

  /** Writes the state after its base; resolves to the version that was there before it, where there is one. */
  async #write(base: DocumentVersion<State>, state: State): Promise<DocumentVersion<State> | undefined> {
    const { bucket, key: document, spill } = this.#options
    const spilled: string[] = []
    const put: PutObject = async (key, bytes) => {
      spilled.push(key)
      await bucket.create(key, bytes)
    }
    const { write, version } = nextVersion(base, spill ? await spill(state, put, base.state) : state)
    const key = versionKey(document, version.number)
    if (!this.#isTrusted && (await this.#newest()).number !== base.number) {
      await bucket.delete(spilled)
      return this.#known
    }
    const isCreated = await bucket.create(key, encodeVersion(version))
    // An old base may have had a successor that is forgotten by now, and so does not stand in the way. The newest is
    // never forgotten: this write counts only if it is the newest, or one from which the newest has come.
    if (isCreated && (await this.#newestKey()) === key) {
      this.#know(version)
      this.#forgetBefore(version.number - keptVersions)
      return undefined
    }
    const newest = await this.#newest()
    if (hasWrite(newest, write)) return undefined
    if (newest.number - version.number >= rememberedWrites) throw unknownOutcome(bucket.description)
    await bucket.delete(spilled)
    return newest
  }

  async #newest(): Promise<DocumentVersion<State>> {
    for (;;) {
      const key = await this.#newestKey()
      if (key === undefined) return this.#know({ number: 0, writes: '', state: this.#options.empty })
      if (this.#known?.number === versionNumber(key)) return this.#know(this.#known)
      const bytes = await this.#options.bucket.read(key)
      // A version that went meanwhile had successors.
      if (bytes) {
        this.#options.onNews?.()
        return this.#know(decodeVersion<State>(key, bytes))
      }
    }
  }

  async #newestKey(): Promise<string | undefined> {
    return (await this.#options.bucket.list(`${this.#options.key}/`, { limit: 1 }))[0]
  }

  /** A version that is the newest, or was a moment ago. */
  #know(version: DocumentVersion<State>): DocumentVersion<State> {
    if (this.#known === undefined || this.#known.number < version.number) this.#known = version
    if (this.#known.number === version.number) this.#confirmedAtMs = Date.now()
    return version
  }

  get #isTrusted(): boolean {
    const sinceMs = Date.now() - this.#confirmedAtMs
    return this.#known !== undefined && sinceMs >= 0 && sinceMs <= trustedWrites * Math.max(this.#last.tookMs, 1)
  }

  #forgetBefore(number: number): void {
    if (number - this.#forgotten < forgottenAtOnce) return
    this.#forgotten = number
    this.#forgetting = this.#forgetting
      .then(() => this.#forget(number))
      .catch(() => {
        // They will be found by the next.
      })
  }

  async #forget(number: number): Promise<void> {
    const { bucket, key } = this.#options
    await bucket.delete(await bucket.list(`${key}/`, { after: versionKey(key, number), limit: 1_000 }))
  }
}

const unknownOutcome = (place: string): PerdureError =>
  new PerdureError('storage_failed', `nobody can tell any more whether a write to ${place} counts`, {
    hint: 'The process stood still while others wrote. Read what is there, and write again what is missing.',
  })
