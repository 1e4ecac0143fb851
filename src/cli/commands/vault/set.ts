import { cliCommand } from '../../cli-command.ts'
import { writeLine } from '../../output.ts'
import { placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usingRuntime } from '../../using-runtime.ts'
import { secretName } from '../../vault/secret-name.ts'

export const set = cliCommand({
  args: { ...secretName, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const [{ openVault }, { masterKeyPlace }, { readSecret }] = await Promise.all([
        import('../../../compose/vault/open-vault.ts'),
        import('../../../compose/vault/master-key.ts'),
        import('../../vault/read-secret.ts'),
      ])
      const value = await readSecret(args.name)
      await (await openVault(workspaceOf(args))).set(args.name, value)
      writeLine(`${args.name} is set, sealed with the key of ${masterKeyPlace(process.env)}`)
      return 0
    }),
})
