import { cliCommand } from '../cli-command.ts'
import { writeJson, writeLine } from '../output.ts'
import { packageFacts } from '../package-facts.ts'

export const version = cliCommand({
  args: { json: { type: 'boolean', description: 'As JSON.' } },
  run: ({ args }) => {
    const { version } = packageFacts()
    if (args.json === true) writeJson({ version, node: process.versions.node })
    else writeLine(version)
    return 0
  },
})
