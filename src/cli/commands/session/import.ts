import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { resumeCommand } from '../../render/outcome.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { sessionRecord } from '../../session/session-record.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const importCommand = cliCommand({
  args: {
    file: { type: 'positional', required: true, description: 'What perdure session export wrote.' },
    'as-new': { type: 'boolean', description: 'Under a new id, as a fork of the session that it was.' },
    into: {
      type: 'string',
      valueHint: 'folder',
      description: 'Where its agent is to work; its first run restores the files there. Default: where it did.',
    },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { importSession } = await import('../../../compose/travel/import-session.ts')
      const { session, canGoOn } = await importSession(args.file, {
        ...workspaceOf(args),
        asNew: args['as-new'] === true,
        ...(args.into === undefined ? {} : { into: args.into }),
      })
      if (args.json === true) {
        writeJson({ ...sessionRecord(session), can_go_on: canGoOn })
        return 0
      }
      writeLine(`${session.id} is here, in ${session.record.workingDirectory}`)
      writeLine(
        canGoOn
          ? resumeCommand(session.id, { dataDirectory: args['data-dir'] })
          : 'The archive is redacted: the session can be read, and not go on.',
      )
      return 0
    }),
})
