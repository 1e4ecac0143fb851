import { cliCommand } from '../cli-command.ts'
import { placeFlags } from '../session/session-flags.ts'

export const doctor = cliCommand({
  args: { json: { type: 'boolean', description: 'As JSON.' }, ...placeFlags },
  run: async ({ args }) => {
    const { runDoctor } = await import('../doctor/run-doctor.ts')
    return runDoctor({ isJson: args.json === true, dataDirectory: args['data-dir'] })
  },
})
