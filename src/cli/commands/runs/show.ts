import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderRunTable } from '../../render/run-table.ts'
import { createStyle } from '../../render/style.ts'
import { plainText } from '../../render/text.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const show = cliCommand({
  args: { id: { type: 'positional', required: true, description: 'Id of the run.' }, ...jsonFlag, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { getRun } = await import('../../../compose/engine/runs.ts')
      const run = await getRun(args.id, workspaceOf(args))
      if (args.json === true) writeJson(run)
      else {
        writeLine(renderRunTable([run], createStyle(process.stdout)))
        const text = run.error?.message ?? (run.output === undefined ? '' : JSON.stringify(run.output, null, 2))
        if (text !== '') writeLine(`\n${plainText(text)}`)
      }
      return 0
    }),
})
