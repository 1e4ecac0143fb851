import { cliCommand } from '../cli-command.ts'

export const demo = cliCommand({
  args: {
    scripted: { type: 'boolean', description: 'Let the script play the model although there is a key.' },
  },
  run: async ({ args }) => {
    const { runDemo } = await import('../demo/run-demo.ts')
    return runDemo({ isScripted: args.scripted === true })
  },
})
