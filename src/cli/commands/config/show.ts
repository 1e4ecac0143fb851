import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { jsonFlag } from '../../session/session-flags.ts'

export const show = cliCommand({
  args: { ...jsonFlag },
  run: async ({ args }) => {
    const [{ loadConfiguration }, { userConfigurationFile }] = await Promise.all([
      import('../../../compose/configuration/load-configuration.ts'),
      import('../../../compose/configuration/find-configuration.ts'),
    ])
    const { settings } = await loadConfiguration({ environment: process.env, currentDirectory: process.cwd() })
    const width = Math.max(...settings.map(({ name }) => name.length))
    if (args.json === true) for (const setting of settings) writeJson(setting)
    else if (settings.length === 0)
      writeLine(
        `Nothing is configured: there is no perdure.config.* here or above, and no ${userConfigurationFile(process.env)}`,
      )
    else
      for (const { name, value, from } of settings)
        writeLine(`${name.padEnd(width)}  ${JSON.stringify(value)}\n${''.padEnd(width)}  from ${from}`)
    return 0
  },
})
