import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PerdureError } from '../../errors/perdure-error.ts'
import { typedCommand } from '../typed-command.ts'

const shipped = fileURLToPath(new URL('../../../examples/scripts', import.meta.url))

/** Where credentials are missing, says what could be run without any. Other errors stay as they are. */
export async function withScriptsAtHand(error: PerdureError): Promise<PerdureError> {
  if (error.code !== 'credentials_missing') return error
  const scripts = await scriptsAtHand([join('examples', 'scripts'), shipped])
  const lines = scripts.map((script) => `    ${typedCommand()} run --script ${script} "…"`)
  const hint = [
    'Set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN. Or let a script play the model, with a real agent around it:',
    `    ${typedCommand()} demo`,
    ...lines,
  ].join('\n')
  return new PerdureError(error.code, error.message, { hint, details: error.details, cause: error.cause })
}

/** Script files in these folders, each file once. */
export async function scriptsAtHand(folders: readonly string[]): Promise<string[]> {
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch(() => [])
      return names.filter((name) => /\.(ya?ml|json)$/.test(name)).map((name) => relative('.', join(folder, name)))
    }),
  )
  return [...new Set(files.flat())].toSorted()
}
