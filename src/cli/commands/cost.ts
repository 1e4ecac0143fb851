import { cliCommand } from '../cli-command.ts'
import { costQuery } from '../cost/cost-flags.ts'
import { write, writeJson, writeLine } from '../output.ts'
import { renderCostAdvice } from '../render/cost-advice.ts'
import { renderCostCsv } from '../render/cost-csv.ts'
import { renderCostTable } from '../render/cost-table.ts'
import { createStyle } from '../render/style.ts'
import { jsonFlag, placeFlags } from '../session/session-flags.ts'
import { workspaceOf } from '../session/workspace-of.ts'
import { usageError } from '../usage-error.ts'
import { usingRuntime } from '../using-runtime.ts'

export const cost = cliCommand({
  args: {
    by: {
      type: 'string',
      valueHint: 'a,b',
      description:
        'workspace, run, session, thread, user, tag, model, upstream, kind, minute, hour, day or month; several are combined. Default: model.',
    },
    from: { type: 'string', valueHint: 'day', description: 'From this day or time on, in UTC.' },
    to: { type: 'string', valueHint: 'day', description: 'Before this day or time, in UTC.' },
    run: { type: 'string', valueHint: 'id', description: 'Only this run.' },
    session: { type: 'string', valueHint: 'id', description: 'Only this session.' },
    user: { type: 'string', valueHint: 'id', description: 'Only this user.' },
    tag: { type: 'string', valueHint: 'tag', description: 'Only sessions with this tag.' },
    model: { type: 'string', valueHint: 'id', description: 'Only this model.' },
    advice: { type: 'boolean', description: 'What could cost less, and what that would save.' },
    csv: { type: 'boolean', description: 'As comma-separated values, with a heading.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      if (args.csv === true && args.json === true) throw usageError('--csv and --json exclude each other.', 'Give one.')
      const query = costQuery(args)
      if (args.advice === true) {
        if (args.csv === true || args.by !== undefined)
          throw usageError('--advice goes without --by and --csv.', 'For programs: --advice --json.')
        const { groupBy: _groupBy, ...rows } = query
        const { costAdvice } = await import('../../compose/cost-advice.ts')
        const advice = await costAdvice({ ...workspaceOf(args), ...rows })
        if (args.json === true) writeJson(advice)
        else writeLine(renderCostAdvice(advice, createStyle(process.stdout)))
        return 0
      }
      const { costs } = await import('../../compose/costs.ts')
      const rows = await costs({ ...workspaceOf(args), ...query })
      if (args.json === true) for (const row of rows) writeJson(row)
      else if (args.csv === true) write(`${renderCostCsv(rows, query.groupBy)}\r\n`)
      else if (rows.length === 0) writeLine('No model call was made yet, or none that these flags ask for.')
      else writeLine(renderCostTable(rows, { style: createStyle(process.stdout), groupBy: query.groupBy }))
      return 0
    }),
})
