// A process without any privileges saves and restores a tree with a file and a folder that it may not read.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { restoreCheckpoint } from '../../../src/checkpoints/restore/restore-checkpoint.ts'
import { saveCheckpoint } from '../../../src/checkpoints/save-checkpoint.ts'
import { defaultScanPolicy as policy } from '../../../src/checkpoints/scan/scan-policy.ts'
import { WorkTree } from '../../../src/checkpoints/work-tree.ts'

const scratch = process.argv[2]!
const root = join(scratch, 'tree')
fs.mkdirSync(join(root, 'locked'), { recursive: true })
const tree = new WorkTree({ root, folder: join(scratch, 'checkpoints') })
const save = () => saveCheckpoint(tree, { policy })
fs.writeFileSync(join(root, 'other'), 'first')
// A folder that may be read and not written to is one to restore all the same.
fs.writeFileSync(join(root, 'locked/a'), 'once')
fs.chmodSync(join(root, 'locked'), 0o555)
const first = save()
fs.chmodSync(join(root, 'locked'), 0o755)
fs.writeFileSync(join(root, 'locked/a'), 'twice')
fs.chmodSync(join(root, 'locked'), 0o555)
fs.writeFileSync(join(root, 'other'), 'second')
fs.writeFileSync(join(root, 'file'), 'second')
fs.mkdirSync(join(root, 'folder'))
fs.writeFileSync(join(root, 'folder/a'), 'second')
save()
fs.chmodSync(join(root, 'file'), 0)
fs.chmodSync(join(root, 'folder'), 0)
const { leftOut } = save()
const { leftAlone } = restoreCheckpoint(tree, { target: first.id, git: 'keep', acceptGitWarnings: false })
fs.chmodSync(join(root, 'file'), 0o600)
fs.chmodSync(join(root, 'folder'), 0o700)
const read = (name: string): string => fs.readFileSync(join(root, name), 'utf8')
const found = { restored: read('other'), file: read('file'), locked: read('locked/a') }
process.stdout.write(JSON.stringify({ leftOut, leftAlone, ...found }))
