import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderSessionTable } from '../../render/session-table.ts'
import { createStyle } from '../../render/style.ts'
import { positiveNumber } from '../../session/positive-number.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { sessionRecord } from '../../session/session-record.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'
import { typedCommand } from '../../typed-command.ts'

export const list = cliCommand({
  args: {
    tag: { type: 'string', valueHint: 'tag', description: 'Only those with this tag.' },
    limit: { type: 'string', valueHint: 'n', description: 'At most so many. Default: 50.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { listSessions } = await import('../../../compose/list-sessions.ts')
      const limit = positiveNumber(args.limit ?? '50', '--limit')
      const sessions = await listSessions({
        ...workspaceOf(args),
        limit,
        ...(args.tag === undefined ? {} : { tag: args.tag }),
      })
      if (args.json === true) for (const session of sessions) writeJson(sessionRecord(session))
      else if (sessions.length === 0) writeLine(`There is no session here yet. Begin one: ${typedCommand()} run "…"`)
      else
        writeLine(
          renderSessionTable(
            sessions.map(({ record }) => record),
            { style: createStyle(process.stdout), now: new Date() },
          ),
        )
      return 0
    }),
})
