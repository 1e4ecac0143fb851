import { setTimeout as delay } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { Outage } from '../outages/outage.ts'
import { storageClosed } from '../outages/storage-closed.ts'
import { loadS3, type S3Package } from './load-s3.ts'
import { failureKind, s3Failure } from './s3-failure.ts'
import { rememberCredentials, type S3Settings } from './s3-options.ts'
import { ServerClock } from './server-clock.ts'

const connectTimeoutMs = 5_000
/** Of a connection on which nothing moves. */
const silenceTimeoutMs = 20_000
/** How long a service is waited for that has never answered: it may be another's address. */
const openingPatienceMs = 2_000
const firstPauseMs = 50
const longestPauseMs = 3_000
/** What came damaged once may have been damaged on its way; thrice, it lies there like that. */
const readsOfDamaged = 3

/** The client of S3, its patience, and the clock of the service. */
export class S3Connection {
  readonly commands: S3Package
  readonly clock = new ServerClock()
  readonly #client: S3Client
  readonly #settings: S3Settings
  readonly #outage: Outage
  #isClosed = false

  constructor(commands: S3Package, settings: S3Settings) {
    this.commands = commands
    this.#settings = settings
    this.#outage = new Outage({ timeoutMs: Math.min(openingPatienceMs, settings.outageTimeoutMs) })
    this.#client = new commands.S3Client({
      ...settings.client,
      // Attempts are counted here: a write that is sent again must ask whether it came through before.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: silenceTimeoutMs },
      // Bytes are checked by their hash here, off the main thread.
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
    // Beneath what reads answers, where they still have their headers.
    this.#client.middlewareStack.add(
      (next) => async (input) => {
        const hear = this.clock.ask()
        const result = await next(input)
        // It is a service, and is waited for from now on.
        this.#outage.timeoutMs = settings.outageTimeoutMs
        hear((result.response as { headers?: Record<string, string> }).headers?.['date'])
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'perdureServerClock' },
    )
  }

  /** @throws {PerdureError} `storage_failed` without the package or without credentials. */
  static async open(settings: S3Settings): Promise<S3Connection> {
    const connection = new S3Connection(await loadS3(), settings)
    await connection.persist(async () => rememberCredentials(await connection.#client.config.credentials()))
    return connection
  }

  get send(): S3Client['send'] {
    return this.#client.send.bind(this.#client)
  }

  /**
   * Tries until it succeeds, as long as the service is only away or overloaded; `tried` counts attempts that failed.
   * @throws {PerdureError} `storage_failed`.
   */
  async persist<Result>(attempt: (tried: number) => Promise<Result>): Promise<Result> {
    const patience = this.#outage.begin()
    for (let tried = 0; ; tried++) {
      if (this.#isClosed) throw storageClosed()
      try {
        const result = await attempt(tried)
        patience.answered()
        return result
      } catch (error) {
        const kind = failureKind(error)
        const mayPass = kind === 'passing' ? patience.mayTryAgain() : kind === 'damaged' && tried + 1 < readsOfDamaged
        if (!mayPass) throw s3Failure(error, this.#settings.place)
      }
      await delay(Math.random() * Math.min(firstPauseMs * 2 ** tried, longestPauseMs))
    }
  }

  close(): void {
    this.#isClosed = true
    this.#client.destroy()
  }
}
