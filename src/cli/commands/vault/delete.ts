import { cliCommand } from '../../cli-command.ts'
import { writeLine } from '../../output.ts'
import { placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { typedCommand } from '../../typed-command.ts'
import { usageError } from '../../usage-error.ts'
import { usingRuntime } from '../../using-runtime.ts'
import { secretName } from '../../vault/secret-name.ts'

export const deleteCommand = cliCommand({
  args: { ...secretName, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { openVault } = await import('../../../compose/vault/open-vault.ts')
      const wasThere = await (await openVault(workspaceOf(args))).delete(args.name)
      if (!wasThere) throw usageError(`The vault has no secret ${args.name}.`, `See ${typedCommand()} vault list`)
      writeLine(`${args.name} is deleted`)
      return 0
    }),
})
