import type { SessionMover, StoragePlace } from '../../../compose/travel/move-session.ts'
import { PerdureError } from '../../../errors/perdure-error.ts'
import { cliCommand } from '../../cli-command.ts'
import { writeError, writeJson, writeLine } from '../../output.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usageError } from '../../usage-error.ts'
import { usingRuntime } from '../../using-runtime.ts'

const storageHint = 'postgres://…, redis://…, s3://bucket/prefix, file:folder, sqlite:file.db, or a data directory'

export const move = cliCommand({
  args: {
    ids: { type: 'positional', required: false, valueHint: 'ids…', description: 'Ids of the sessions.' },
    to: { type: 'string', valueHint: 'storage', description: `Where to: ${storageHint}.` },
    from: { type: 'string', valueHint: 'storage', description: 'Where they are. Default: where sessions are kept.' },
    all: { type: 'boolean', description: 'All sessions, the oldest first.' },
    tag: { type: 'string', valueHint: 'tag', description: 'All sessions with this tag.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { withPlaces } = await import('../../../compose/travel/move-session.ts')
      const { all = false, tag } = args
      const given = args._.filter((id) => id !== '')
      if (args.to === undefined)
        throw usageError('Where the sessions are to go must be said.', `Give --to: ${storageHint}.`)
      if ((given.length > 0 ? 1 : 0) + (all ? 1 : 0) + (tag === undefined ? 0 : 1) !== 1) {
        throw usageError('Which sessions are to be moved must be said.', 'Give their ids, or --all, or --tag.')
      }
      const from: StoragePlace = args.from ?? workspaceOf(args)
      return withPlaces({ from, to: args.to }, async (mover) => {
        const ids = given.length > 0 ? given : await sessionsOf(mover.from, tag)
        let failed: PerdureError | undefined
        for (const [index, id] of ids.entries()) {
          try {
            const { sessionId, summary } = await mover.move(id, ({ phase }) => {
              if (process.stderr.isTTY && args.json !== true) writeError(`${index + 1}/${ids.length} ${id}: ${phase}`)
            })
            if (args.json === true) writeJson({ id: sessionId, moved: true, ...summary })
            else writeLine(`${sessionId} is moved${summary === null ? '' : ` (${summary.events} events)`}`)
          } catch (error) {
            // The others can be moved all the same.
            const failure = PerdureError.from(error)
            failed ??= failure
            const { code, message } = failure
            if (args.json === true) writeJson({ id, moved: false, error: { code, message } })
            else writeError(`${id} stays: ${message}`)
          }
        }
        if (failed !== undefined) throw failed
        return 0
      })
    }),
})

/** Parents are older than their forks, and go first: forks that share a budget with them can follow. */
async function sessionsOf({ sessions, transit }: SessionMover['from'], tag: string | undefined): Promise<string[]> {
  const interrupted = (await transit.departures()).map(({ record }) => record)
  const records = [...interrupted, ...(await sessions.list())]
    .filter(({ tags }) => tag === undefined || tags.includes(tag))
    .toSorted((left, right) => left.createdAt.getTime() - right.createdAt.getTime())
  return records.map(({ id }) => id)
}
