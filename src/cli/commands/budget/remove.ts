import { cliCommand } from '../../cli-command.ts'
import { placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'
import { budgetNameFlags, budgetNameOf } from './budget-flags.ts'

export const remove = cliCommand({
  args: { ...budgetNameFlags, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { removeBudget } = await import('../../../compose/budgets.ts')
      await removeBudget({ ...workspaceOf(args), ...budgetNameOf(args) })
      return 0
    }),
})
