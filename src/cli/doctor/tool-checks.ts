import type { Check } from './check.ts'
import { versionLineOf } from './run-tool.ts'

interface Tool {
  readonly name: string
  readonly args: readonly string[]
  readonly why: string
  /** Name of its Debian package. */
  readonly debianPackage: string
  readonly onLinuxOnly?: true
}

const tools: readonly Tool[] = [
  {
    name: 'git',
    args: ['--version'],
    debianPackage: 'git',
    why: 'The demo needs it, and agents look into history with it.',
  },
  { name: 'rg', args: ['--version'], debianPackage: 'ripgrep', why: 'Agents like to search with it in their shell.' },
  {
    name: 'bwrap',
    args: ['--ro-bind', '/', '/', '--unshare-all', '--', 'bwrap', '--version'],
    debianPackage: 'bubblewrap',
    why: 'The agent’s own sandbox for shell commands stands on it.',
    onLinuxOnly: true,
  },
  {
    name: 'socat',
    args: ['-V'],
    debianPackage: 'socat',
    why: 'The agent’s own sandbox lets chosen hosts through with it.',
    onLinuxOnly: true,
  },
]

/** Programs that only some uses need. */
export const checkTools = (): Promise<Check[]> =>
  Promise.all(tools.filter(({ onLinuxOnly }) => onLinuxOnly !== true || process.platform === 'linux').map(checkTool))

async function checkTool({ name, args, why, debianPackage }: Tool): Promise<Check> {
  const line = await versionLineOf(name, ...args)
  const remedy = process.platform === 'darwin' ? `brew install ${debianPackage}` : `apt-get install ${debianPackage}`
  const isOk = line !== null
  return {
    name,
    isRequired: false,
    isOk,
    found: line ?? 'missing, or it does not run',
    why,
    remedy: isOk ? null : remedy,
  }
}
