import { locateDataDirectory } from '../../compose/locate-data-directory.ts'
import { describeCredentials } from '../../compose/describe-credentials.ts'
import { processRuntime } from '../../compose/process-runtime.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { writeJson, writeLine } from '../output.ts'
import { packageFacts } from '../package-facts.ts'
import { renderChecks } from '../render/checks.ts'
import { createStyle } from '../render/style.ts'
import { usingRuntime } from '../using-runtime.ts'
import { checkAgent } from './agent-checks.ts'
import type { Check } from './check.ts'
import { checkStorage } from './storage-check.ts'
import { checkTools } from './tool-checks.ts'
import { isInRange } from './version-range.ts'

export interface DoctorOptions {
  readonly isJson: boolean
  readonly dataDirectory: string | undefined
}

/** `perdure doctor`: 0 when everything required is there. */
export async function runDoctor({ isJson, dataDirectory }: DoctorOptions): Promise<number> {
  const checks = await usingRuntime(() => examine(dataDirectory))
  const isOk = checks.every((check) => check.isOk || !check.isRequired)
  if (isJson) writeJson({ ok: isOk, checks: checks.map(recordOf) })
  else writeLine(renderChecks(checks, createStyle(process.stdout)))
  return isOk ? 0 : 1
}

async function examine(dataDirectory: string | undefined): Promise<Check[]> {
  const [agent, credentials, storage, reaping, tools] = await Promise.all([
    checkAgent(),
    checkCredentials(dataDirectory),
    checkStorage(dataDirectory),
    checkReaping(dataDirectory),
    checkTools(),
  ])
  return [checkNode(), ...agent, storage, credentials, reaping, ...tools]
}

function checkNode(): Check {
  const { node: range } = packageFacts()
  const { node: version } = process.versions
  const isOk = isInRange(version, range)
  const found = isOk ? version : `${version}, but ${range} is needed`
  return {
    name: 'Node',
    isRequired: true,
    isOk,
    found,
    why: 'Perdure runs on it.',
    remedy: isOk ? null : 'nvm install 24',
  }
}

/** Says where credentials come from, never which they are. */
async function checkCredentials(dataDirectory: string | undefined): Promise<Check> {
  const facts = { name: 'credentials', isRequired: false, why: 'A real model needs them; a script needs none.' }
  try {
    const { found, warnings } = await describeCredentials(
      process.env,
      dataDirectory === undefined ? {} : { dataDirectory },
    )
    if (warnings.length === 0) return { ...facts, isOk: true, found, remedy: null }
    return { ...facts, isOk: false, found, why: 'Whoever reads a key can use it.', remedy: warnings.join('; ') }
  } catch (error) {
    const { message, code, hint } = PerdureError.from(error)
    const remedy = code === 'credentials_missing' ? 'export ANTHROPIC_API_KEY=…' : hint
    return { ...facts, isOk: false, found: message, remedy }
  }
}

async function checkReaping(named: string | undefined): Promise<Check> {
  const path = locateDataDirectory({ named, environment: process.env, currentDirectory: process.cwd() })
  const { reaping, reason, remedy } = await processRuntime().dataDirectory(path).sandboxes.check()
  const isOk = reaping === 'kernel'
  return {
    name: 'process reaping',
    isRequired: false,
    isOk,
    found: isOk ? 'by the kernel' : `by process group. ${reason ?? ''}`.trim(),
    why: 'Agents die with the process that started them, with all they started; without the kernel, some only at the next start.',
    remedy: isOk ? null : (remedy ?? null),
  }
}

const recordOf = ({ name, isRequired, isOk, found, why, remedy }: Check): Readonly<Record<string, unknown>> => ({
  name,
  ok: isOk,
  required: isRequired,
  found,
  why,
  remedy,
})
