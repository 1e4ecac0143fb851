import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { packageFacts } from '../package-facts.ts'
import type { Check } from './check.ts'
import { versionLineOf } from './run-tool.ts'
import { isInRange } from './version-range.ts'

const sdkName = '@anthropic-ai/claude-agent-sdk'
const install = `npm install ${sdkName}`

/** The Agent SDK, and the `claude` binary that comes with it as an optional package for this machine. */
export async function checkAgent(): Promise<Check[]> {
  const { agentSdk: range } = packageFacts()
  const folder = sdkFolder()
  const sdk = { name: 'Agent SDK', isRequired: true, why: 'It drives the agent.' }
  const binary = { name: 'claude binary', isRequired: true, why: 'It is the agent.' }
  if (folder === null) {
    const missing = { isOk: false, remedy: install }
    return [
      { ...sdk, ...missing, found: 'not installed' },
      { ...binary, ...missing, found: 'not looked for: it comes with the SDK' },
    ]
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  const isTested = isInRange(version, range)
  const found = isTested ? version : `${version}, but ${range} is what was tested`
  return [
    { ...sdk, isOk: isTested, found, remedy: isTested ? null : `npm install '${sdkName}@${range}'` },
    { ...binary, ...(await tryBinary(folder)) },
  ]
}

function sdkFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve(sdkName))
  } catch {
    return null
  }
}

async function tryBinary(folder: string): Promise<Pick<Check, 'isOk' | 'found' | 'remedy'>> {
  const path = binaryBeside(folder)
  const remedy = `${install} --include=optional`
  if (path === null) return { isOk: false, found: `none for ${process.platform}-${process.arch}`, remedy }
  const version = await versionLineOf(path, '--version')
  if (version === null) return { isOk: false, found: `${path} does not run`, remedy }
  return { isOk: true, found: `${version}, ${path}`, remedy: null }
}

function binaryBeside(folder: string): string | null {
  const resolve = createRequire(join(folder, 'package.json'))
  const file = process.platform === 'win32' ? 'claude.exe' : 'claude'
  for (const ending of ['', '-musl']) {
    try {
      const manifest = resolve.resolve(`${sdkName}-${process.platform}-${process.arch}${ending}/package.json`)
      const path = join(dirname(manifest), file)
      if (existsSync(path)) return path
    } catch {
      // Not the package of this machine.
    }
  }
  return null
}
