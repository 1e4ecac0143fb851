import { spawnSync } from 'node:child_process'
import { describe, test } from 'vitest'

/** What a test may need beyond `npm ci`: how to see that it is there, and the command that brings it. */
interface Requirement {
  readonly met: () => boolean
  readonly reason: string
  readonly remedy: string
}

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0

const packaged = (command: string, debianPackage = command): Requirement => ({
  met: () => runs('sh', '-c', `command -v ${command}`),
  reason: `${command} is not installed`,
  remedy: `apt-get install ${debianPackage}`,
})

const requirements = {
  git: packaged('git'),
  python3: packaged('python3'),
  redis: packaged('redis-server'),
  ripgrep: packaged('rg', 'ripgrep'),
  s3: {
    met: () => runs('sh', '-c', 'command -v moto_server'),
    reason: 'no server of S3 is installed',
    remedy: `pip install 'moto[server]'`,
  },
  socat: packaged('socat'),
  tmux: packaged('tmux'),
  bubblewrap: {
    met: () => runs('bwrap', '--ro-bind', '/', '/', '--unshare-all', 'true'),
    reason: 'bubblewrap is not installed, or this machine allows it no namespaces',
    remedy: 'apt-get install bubblewrap, and allow user namespaces',
  },
  'pid-namespace': {
    met: () =>
      runs('unshare', '--pid', '--fork', '--kill-child', 'true') ||
      runs('unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', 'true'),
    reason: 'this machine allows no pid namespaces',
    remedy: 'on Linux: apt-get install util-linux, and run as root or allow user namespaces',
  },
  'network-namespace': {
    met: () => runs('unshare', '--user', '--map-root-user', '--net', 'true'),
    reason: 'this machine allows no network namespaces',
    remedy: 'on Linux: apt-get install util-linux, and allow user namespaces',
  },
  linux: {
    met: () => process.platform === 'linux',
    reason: `${process.platform} has no /proc`,
    remedy: 'run the tests on Linux, for example in a container',
  },
  registry: {
    met: () => runs('npm', 'view', 'zod', 'version', '--fetch-retries=0', '--fetch-timeout=10000'),
    reason: 'no npm registry is reachable',
    remedy: 'npm config set registry <a registry that this machine can reach>',
  },
  account: {
    met: () => Boolean(process.env['PERDURE_LIVE_TESTS'] && process.env['ANTHROPIC_API_KEY']),
    reason: 'it would spend money of an account',
    remedy: 'PERDURE_LIVE_TESTS=1 ANTHROPIC_API_KEY=… npm test',
  },
} satisfies Record<string, Requirement>

export type RequirementName = keyof typeof requirements

const answers = new Map<RequirementName, boolean>()

function isMet(name: RequirementName): boolean {
  const known = answers.get(name)
  if (known !== undefined) return known
  const answer = requirements[name].met()
  answers.set(name, answer)
  return answer
}

/**
 * `describe` and `test` for what needs more than `npm ci`. Where something is missing they skip, and
 * their titles say why and what would bring it. The word `[account]` in a title marks the only skips
 * that CI accepts.
 *
 * `requires('bubblewrap', 'socat').test('keeps the network away', async () => { … })`
 */
export function requires(...names: readonly RequirementName[]) {
  const missing = names.filter((name) => !isMet(name)).map((name) => requirements[name])
  const account = names.includes('account') ? ' [account]' : ''
  const why = missing.map(({ reason, remedy }) => ` (skipped: ${reason}; remedy: ${remedy})`).join('')
  const isMissing = missing.length > 0
  return {
    isMissing,
    describe: (title: string, suite: () => void) => describe.skipIf(isMissing)(title + account + why, suite),
    test: (title: string, body: () => unknown, timeoutMs?: number) =>
      test.skipIf(isMissing)(title + account + why, async () => void (await body()), timeoutMs),
  }
}
