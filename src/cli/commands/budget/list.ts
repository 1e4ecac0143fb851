import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderBudgetTable } from '../../render/budget-table.ts'
import { createStyle } from '../../render/style.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { typedCommand } from '../../typed-command.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const list = cliCommand({
  args: {
    runs: { type: 'boolean', description: 'Those of single runs as well.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { listBudgets } = await import('../../../compose/budgets.ts')
      const budgets = await listBudgets({ ...workspaceOf(args), runs: args.runs === true })
      if (args.json === true) for (const budget of budgets) writeJson(budget)
      else if (budgets.length === 0)
        writeLine(`No budget is set. Set one: ${typedCommand()} budget set --scope workspace --max-cost-usd 10`)
      else writeLine(renderBudgetTable(budgets, createStyle(process.stdout)))
      return 0
    }),
})
