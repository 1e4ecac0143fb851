/** Warnings that tell the user of a command nothing: which of Node's parts are young, how the agent's library is wired. */
const quiet = /^(ExperimentalWarning|CLAUDE_SDK_.+)$/

/** Shows Node's warnings in one line, less those that are not for the user of a command. */
export function quietWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (quiet.test(warning.name) || quiet.test(warning.code ?? '')) return
    process.stderr.write(`${warning.name}: ${warning.message}\n`)
  })
}
