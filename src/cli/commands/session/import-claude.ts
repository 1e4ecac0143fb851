import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { resumeCommand } from '../../render/outcome.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { sessionRecord } from '../../session/session-record.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const importClaude = cliCommand({
  args: {
    id: { type: 'positional', required: true, description: 'Id of the session in Claude Code.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { importClaudeSession } = await import('../../../compose/import-claude-session.ts')
      const session = await importClaudeSession(args.id, workspaceOf(args))
      const resume = resumeCommand(session.id, { dataDirectory: args['data-dir'] })
      if (args.json === true) writeJson(sessionRecord(session))
      else writeLine(`${session.id} goes on from ${args.id}\n${resume}`)
      return 0
    }),
})
