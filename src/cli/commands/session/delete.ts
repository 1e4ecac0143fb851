import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { usageError } from '../../usage-error.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const deleteCommand = cliCommand({
  args: {
    id: { type: 'positional', required: true, description: 'Id of the session. There is no way back.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      if (args.id === 'latest') throw usageError('Which session is to be deleted must be said.', 'Give its id.')
      const session = await resolveSession(args.id, args)
      await session.delete()
      if (args.json === true) writeJson({ id: session.id, deleted: true })
      else writeLine(`${session.id} is deleted`)
      return 0
    }),
})
