import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The least that git can do: a commit of the work tree, in a folder beside it. */
export async function openGitCheckpoints({
  root,
  folder,
}: {
  root: string
  folder: string
}): Promise<() => Promise<void>> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    GIT_DIR: folder,
    GIT_WORK_TREE: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'bench',
    GIT_AUTHOR_EMAIL: 'bench@localhost',
    GIT_COMMITTER_NAME: 'bench',
    GIT_COMMITTER_EMAIL: 'bench@localhost',
  }
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { env, cwd: root, maxBuffer: 2 ** 26 })).stdout.trim()
  await git('init', '-q', '--template=')
  return async () => {
    await git('add', '-A')
    await git('commit-tree', await git('write-tree'), '-m', 'checkpoint')
  }
}
