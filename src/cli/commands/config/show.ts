import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { jsonFlag } from '../../session/session-flags.ts'

export const show = cliCommand({
  args: { ...jsonFlag },
  run: async ({ args }) => {
    const [{ loadConfiguration }, { userConfigurationFile }, { storageInEffect }] = await Promise.all([
      import('../../../compose/configuration/load-configuration.ts'),
      import('../../../compose/configuration/find-configuration.ts'),
      import('../../../compose/storage-in-effect.ts'),
    ])
    const place = { environment: process.env, currentDirectory: process.cwd() }
    const { settings: configured } = await loadConfiguration(place)
    const settings = [...configured, storageInEffect(place)]
    const width = Math.max(...settings.map(({ name }) => name.length))
    if (args.json === true) {
      for (const setting of settings) writeJson(setting)
      return 0
    }
    if (configured.length === 0)
      writeLine(
        `Nothing is configured: there is no perdure.config.* here or above, and no ${userConfigurationFile(process.env)}`,
      )
    for (const { name, value, from } of settings)
      writeLine(`${name.padEnd(width)}  ${JSON.stringify(value)}\n${''.padEnd(width)}  from ${from}`)
    return 0
  },
})
