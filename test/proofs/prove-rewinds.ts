import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSession, SqliteStorage, type Session } from '../../src/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { wireConversation } from '../support/wire-messages.ts'
import type { RewindTask } from './programs/rewind.ts'
import { randomAnswers } from './rewinds-plan.ts'
import { createDice } from './session-plan.ts'
import { differencesBetween, snapshotTree, type TreeSnapshot } from './snapshot-tree.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

const program = fileURLToPath(new URL('programs/rewind.ts', import.meta.url))

/** How everything was after some event, by a description that shares no code with what is proven. */
interface Point {
  readonly at: number
  readonly tree: TreeSnapshot
  /** What the model is told of, one line for each thing said. */
  readonly conversation: readonly string[]
}

/**
 * Random turns of the real agent, each remembered; then rewinds to any of them in random order, to turns on branches that
 * were left too, some by a process that is killed on the way, and forks with files of their own.
 * @throws when the files differ in a byte, or the conversation in a message.
 */
export const proveRewinds = (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
  inTrialFolder(async (folder) => {
    const cwd = join(folder, 'tree')
    const place = { dataDirectory: join(folder, 'data') }
    for (const made of [cwd, place.dataDirectory]) mkdirSync(made)
    writeFileSync(join(cwd, 'a'), 'there before\n')
    const storage = new SqliteStorage(place)
    try {
      const session = await createSession({ ...place, storage, cwd })
      return await new RewindTrial(seed, { session, dataDirectory: place.dataDirectory }).run()
    } finally {
      await storage.close()
    }
  }, options)

class RewindTrial {
  readonly #dice: ReturnType<typeof createDice>
  readonly #session: Session
  readonly #dataDirectory: string
  readonly #points: Point[] = []
  /** Where the session is. */
  #now: Point
  #turns = 0
  #kills = 0

  constructor(seed: number, { session, dataDirectory }: { session: Session; dataDirectory: string }) {
    this.#dice = createDice(seed)
    this.#session = session
    this.#dataDirectory = dataDirectory
    this.#now = { at: 0, tree: this.#tree(session), conversation: [] }
    this.#points.push(this.#now)
  }

  async run(): Promise<TrialFacts> {
    const turns = this.#dice.number(2, 4)
    for (let turn = 0; turn < turns; turn++) await this.#work()
    const visits = this.#dice.number(2, 4)
    for (let visit = 0; visit < visits; visit++) {
      const target = this.#dice.pick(this.#points)
      if (this.#dice.chance(0.25)) await this.#turn(await this.#session.fork({ at: target.at }), target)
      else {
        this.#now = await this.#rewind(target)
        if (this.#dice.chance(0.7)) await this.#work()
      }
    }
    this.#compare(this.#session, this.#now)
    const log = await this.#session.events()
    assert.deepEqual(
      log.map(({ sequence }) => sequence),
      log.map((_, index) => index + 1),
    )
    return { kills: this.#kills }
  }

  /** One turn of random changes: it must begin where the session is said to be. */
  async #work(): Promise<void> {
    this.#now = await this.#turn(this.#session, this.#now)
    this.#points.push(this.#now)
  }

  async #turn(session: Session, from: Point): Promise<Point> {
    const word = `word-${++this.#turns}`
    const answers = randomAnswers(this.#dice, { cwd: session.record.workingDirectory, word })
    const last = answers.at(-1)!.text!
    const model = scriptedModel([{ reply: () => answers.shift() ?? last }])
    this.#compare(session, from)
    const outcome = await session.run(`Say ${word}`, {
      upstream: model,
      tools: ['Bash', 'Write', 'Edit'],
      permissionMode: 'bypassPermissions',
      allowDangerouslySkipPermissions: true,
      env: { IS_SANDBOX: '1', HOME: this.#dataDirectory },
      // Some commands the agent asks about whatever its mode.
      approvals: 'refuse',
    })
    assert.equal(outcome.status, 'completed')
    const told = wireConversation(model.requests[0]?.body)
    assert.deepEqual(told, [...from.conversation, `user: Say ${word}`])
    const conversation = [...wireConversation(model.requests.at(-1)?.body), `assistant: ${last}`]
    return { at: outcome.lastSequence, tree: this.#tree(session), conversation }
  }

  /** Resolves to where the session is then. */
  async #rewind(target: Point): Promise<Point> {
    if (this.#dice.chance(0.6)) {
      const before = this.#now
      const isRewound = await this.#rewindInVain(target)
      // Whoever comes next finishes it, or finds that nothing has happened.
      if (this.#dice.chance(0.5)) {
        await this.#session.resume()
        return isRewound ? target : before
      }
    }
    const report = await this.#session.rewind(target.at)
    assert.equal(report.to, target.at)
    return target
  }

  /** By a process that is killed, unless it was faster. Resolves to whether the log has the rewind. */
  async #rewindInVain({ at: to }: Point): Promise<boolean> {
    const kill = this.#dice.chance(0.5)
      ? { afterMs: this.#dice.number(0, 40) }
      : { write: this.#dice.number(1, 8), side: this.#dice.pick(['before', 'after'] as const) }
    const task: RewindTask = { sessionId: this.#session.id, dataDirectory: this.#dataDirectory, to, kill }
    const head = (await this.#session.events()).length
    const { status, signal, stderr } = spawnSync(process.execPath, [program, JSON.stringify(task)])
    if (signal === 'SIGKILL') this.#kills += 1
    else assert.equal(status, 0, stderr.toString().slice(-2000))
    const added = await this.#session.events({ after: head })
    return added.some(({ type }) => type === 'perdure.session_rewound')
  }

  #compare(session: Session, { tree }: Point): void {
    const wrong = differencesBetween(tree, this.#tree(session))
    assert.deepEqual(wrong, [], 'the files differ')
  }

  #tree({ record }: Session): TreeSnapshot {
    return snapshotTree(record.workingDirectory, { isUnsaved: () => false })
  }
}
