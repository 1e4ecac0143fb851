import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { typedCommand } from '../../typed-command.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const list = cliCommand({
  args: { ...jsonFlag, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { openVault } = await import('../../../compose/vault/open-vault.ts')
      const secrets = await (await openVault(workspaceOf(args))).list()
      const width = Math.max(...secrets.map(({ name }) => name.length))
      if (args.json === true)
        for (const { name, createdAt, updatedAt } of secrets)
          writeJson({ name, created_at: createdAt, updated_at: updatedAt })
      else if (secrets.length === 0) writeLine(`The vault is empty. Set a secret: ${typedCommand()} vault set main`)
      else for (const { name, updatedAt } of secrets) writeLine(`${name.padEnd(width)}  set ${updatedAt.toISOString()}`)
      return 0
    }),
})
