import { cliCommand } from '../../cli-command.ts'
import { dollars } from '../../cost/dollars.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderBudgetTable } from '../../render/budget-table.ts'
import { createStyle } from '../../render/style.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'
import { budgetNameFlags, budgetNameOf } from './budget-flags.ts'

export const set = cliCommand({
  args: {
    ...budgetNameFlags,
    'max-cost-usd': { type: 'string', required: true, valueHint: 'usd', description: 'Most that may be spent.' },
    warn: { type: 'boolean', description: 'Only say when it is exceeded; do not refuse calls.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { setBudget } = await import('../../../compose/budgets.ts')
      const budget = await setBudget({
        ...workspaceOf(args),
        ...budgetNameOf(args),
        maxCostUSD: dollars('max-cost-usd', args['max-cost-usd']),
        onBudgetExceeded: args.warn === true ? 'warn' : 'refuse',
      })
      if (args.json === true) writeJson(budget)
      else writeLine(renderBudgetTable([budget], createStyle(process.stdout)))
      return 0
    }),
})
