import { PerdureError } from '../errors/perdure-error.ts'
import { findCommand } from './find-command.ts'
import { createStyle } from './render/style.ts'
import { renderError } from './render/error.ts'
import { exitCodeOfError } from './exit-code.ts'
import { requireNode } from './require-node.ts'
import { quietWarnings } from './quiet-warnings.ts'
import { hasOutputFailed, writeError, writeLine, watchOutput } from './output.ts'

/** Runs one command line to its end. Resolves to the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput()
  quietWarnings()
  try {
    const exitCode = await dispatch(argv)
    return hasOutputFailed() ? 1 : exitCode
  } catch (thrown) {
    const error = PerdureError.from(thrown)
    writeError(renderError(error, createStyle(process.stderr)))
    if (error.code === 'internal_error' && error.cause instanceof Error) writeError(error.cause.stack ?? '')
    return exitCodeOfError(error)
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const found = findCommand(argv)
  if ('help' in found) {
    writeLine(found.help)
    return found.exitCode
  }
  requireNode()
  const [{ runCommand }, { checkArguments }, command] = await Promise.all([
    import('citty'),
    import('./check-arguments.ts'),
    found.entry.load(),
  ])
  if (found.rest.some((argument, index) => isHelp(argument) && !found.rest.slice(0, index).includes('--'))) {
    const { renderCommandHelp } = await import('./render/command-help.ts')
    writeLine(renderCommandHelp(found.path, { summary: found.entry.summary, args: command.args }))
    return 0
  }
  const rawArgs = checkArguments(found.rest, { path: found.path, args: command.args })
  const { result } = await runCommand(command.command, { rawArgs })
  return typeof result === 'number' ? result : 0
}

const isHelp = (argument: string): boolean => argument === '--help' || argument === '-h'
