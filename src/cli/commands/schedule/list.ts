import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { createStyle } from '../../render/style.ts'
import { renderTable } from '../../render/table.ts'
import { plainText } from '../../render/text.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const list = cliCommand({
  args: { ...jsonFlag, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { listSchedules } = await import('../../../compose/engine/submit-run.ts')
      const schedules = await listSchedules(workspaceOf(args))
      if (args.json === true) for (const schedule of schedules) writeJson(schedule)
      else if (schedules.length === 0) writeLine('There is no schedule.')
      else {
        const rows = schedules.map(({ name, cron }) => [plainText(name), plainText(cron)])
        writeLine(renderTable([['name', 'cron (UTC)'], ...rows], { style: createStyle(process.stdout), left: 2 }))
      }
      return 0
    }),
})
