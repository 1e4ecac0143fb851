import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import type { createDice } from './session-plan.ts'

type Dice = ReturnType<typeof createDice>

export interface ChangeTask {
  readonly root: string
  /** A folder beside the tree, to which planted links lead: nothing may ever be written there. */
  readonly outside: string
  /** A file that must never come to be: planted settings of git would make it. */
  readonly tripwire: string
}

const hostileNames = [
  'a',
  'b',
  'c',
  'src',
  'x y',
  '.env',
  '.git',
  '.GIT',
  '%x',
  '%!',
  '%=a',
  '%+a',
  'git~1',
  '.gitmodules',
  '.gitattributes',
  'new\nline',
  '\xff\n.git',
  '-dash',
  ':(top)x',
  'caf\xc3\xa9',
  'cafe\xcc\x81',
  'Case',
  'case',
  'node_modules',
  'n'.repeat(255),
  '...',
  ' ',
  '*',
  'about',
  'files',
  '.g\xe2\x80\x8cit',
  'refs',
  'HEAD',
]

/** One turn of an agent that does the worst: 1 to 8 changes of any kind. */
export function changeTree(dice: Dice, task: ChangeTask): void {
  const count = dice.number(1, 8)
  for (let change = 0; change < count; change++) {
    try {
      dice.pick(changes)({ dice, ...task })
    } catch (error) {
      // What cannot be done, such as a folder moved into itself, is not done.
      const { syscall, code } = error as NodeJS.ErrnoException
      if (syscall === undefined && code?.startsWith('ERR_FS_') !== true) throw error
    }
  }
}

interface Change extends ChangeTask {
  readonly dice: Dice
}

const bytes = (byteString: string): Buffer => Buffer.from(byteString, 'latin1')

function folders({ root }: ChangeTask): string[] {
  const found = [root]
  for (const folder of found) {
    for (const name of fs.readdirSync(bytes(folder), { encoding: 'latin1' })) {
      const path = `${folder}/${name}`
      if (fs.lstatSync(bytes(path)).isDirectory() && path.length < root.length + 1200) found.push(path)
    }
  }
  return found
}

const somewhere = (change: Change): string => `${change.dice.pick(folders(change))}/${change.dice.pick(hostileNames)}`

function existing(change: Change): string {
  const folder = change.dice.pick(folders(change))
  const names = fs.readdirSync(bytes(folder), { encoding: 'latin1' })
  return names.length === 0 ? somewhere(change) : `${folder}/${change.dice.pick(names)}`
}

function existingFile(change: Change): string {
  const all = folders(change).flatMap((folder) =>
    fs.readdirSync(bytes(folder), { encoding: 'latin1' }).map((name) => `${folder}/${name}`),
  )
  const files = all.filter((path) => fs.lstatSync(bytes(path)).isFile())
  return files.length === 0 ? somewhere(change) : change.dice.pick(files)
}

const randomBytes = ({ dice }: Change): Buffer =>
  Buffer.alloc(dice.pick([0, 1, 17, 300, 5000, 200_000]), String(dice.number(0, 1_000_000)))

const write = (change: Change): void => {
  const path = bytes(somewhere(change))
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) fs.writeFileSync(path, randomBytes(change))
}

const changes: readonly ((change: Change) => void)[] = [
  write,
  write,
  write,
  (change) => fs.mkdirSync(bytes(somewhere(change))),
  (change) => fs.mkdirSync(bytes(somewhere(change))),
  (change) => fs.rmSync(bytes(existing(change)), { recursive: true }),
  (change) => fs.renameSync(bytes(existing(change)), bytes(somewhere(change))),
  (change) => fs.renameSync(bytes(existing(change)), bytes(existing(change))),
  (change) => {
    const target = change.dice.pick(['nowhere', '.', '..', change.outside, `${change.outside}/file`, 'a/b', '\xff'])
    fs.symlinkSync(bytes(target), bytes(somewhere(change)))
  },
  // A folder or a file becomes a link that leads out of the tree.
  (change) => {
    const path = bytes(existing(change))
    fs.rmSync(path, { recursive: true })
    fs.symlinkSync(change.outside, path)
  },
  (change) => fs.chmodSync(bytes(existingFile(change)), change.dice.pick([0o4755, 0o600, 0o444, 0o755, 0o644, 0o2711])),
  (change) => fs.chmodSync(bytes(change.dice.pick(folders(change))), change.dice.pick([0o755, 0o700, 0o1777, 0o555])),
  (change) => fs.linkSync(bytes(existingFile(change)), bytes(somewhere(change))),
  (change) => fs.linkSync(bytes(existingFile(change)), bytes(somewhere(change))),
  editInPlace,
  editInPlace,
  (change) => fs.truncateSync(bytes(existingFile(change)), change.dice.number(0, 20)),
  (change) => fs.appendFileSync(bytes(existingFile(change)), 'one more line\n'),
  plantRepository,
  (change) => fs.writeFileSync(bytes(`${change.dice.pick(folders(change))}/.git`), 'gitdir: ../elsewhere\n'),
  (change) => fs.cpSync(existingAscii(change), `${change.root}/copy`, { recursive: true, verbatimSymlinks: true }),
  (change) => void spawnSync('mkfifo', [`${change.dice.pick(asciiFolders(change))}/pipe`]),
]

/** Other bytes, as many of them, and the time of before: within one second. */
function editInPlace(change: Change): void {
  const path = bytes(existingFile(change))
  const { size, atime, mtime } = fs.statSync(path)
  if (size === 0 || size > 1_000_000) return
  fs.writeFileSync(path, Buffer.alloc(size, String(change.dice.number(0, 1_000_000))))
  fs.utimesSync(path, atime, mtime)
}

/** A repository whose settings run a command as soon as git looks at it. */
function plantRepository(change: Change): void {
  const folder = change.dice.pick(folders(change))
  const write = (path: string, text: string): void => fs.writeFileSync(bytes(`${folder}/${path}`), text)
  fs.mkdirSync(bytes(`${folder}/.git/objects/aa`), { recursive: true })
  fs.mkdirSync(bytes(`${folder}/.git/refs/heads`), { recursive: true })
  const command = `touch ${change.tripwire}`
  write('.git/config', `[core]\n\tfsmonitor = ${command}\n[filter "x"]\n\tclean = ${command}\n`)
  write('.git/HEAD', change.dice.pick(['ref: refs/heads/main\n', `${'a'.repeat(40)}\n`, 'nonsense']))
  write(`.git/objects/aa/${String(change.dice.number(0, 99))}`, 'an object')
  write('.gitattributes', '* filter=x eol=crlf working-tree-encoding=UTF-16\n')
  if (change.dice.number(0, 1) === 0) write('.git/MERGE_HEAD', `${'b'.repeat(40)}\n`)
}

// For what takes no bytes as a path.
const isAscii = (path: string): boolean => /^[ -~]*$/.test(path)
const asciiFolders = (change: Change): string[] => folders(change).filter(isAscii)
const existingAscii = (change: Change): string => {
  const path = existing(change)
  return isAscii(path) ? path : `${change.root}/a`
}
