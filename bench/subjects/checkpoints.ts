import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { openCheckpoints, type Checkpoints } from '../../src/checkpoints/open-checkpoints.ts'
import type { CheckpointId } from '../../src/domain/checkpoint-id.ts'
import type { Row, Section } from '../report/section.ts'
import { alternate } from '../support/alternate.ts'
import type { BenchSettings } from '../support/bench-settings.ts'
import { durationOf } from '../support/duration-of.ts'
import { openGitCheckpoints } from '../support/git-checkpoints.ts'
import { writeSampleTree, type SampleTree } from '../support/sample-tree.ts'

/** Saving and restoring a work tree beside the plain git that could not be trusted with it. */
export async function measureCheckpoints(settings: BenchSettings): Promise<Section> {
  const rows: Row[] = []
  for (const files of settings.quick ? [200] : [1_000, 10_000, 50_000])
    rows.push(...(await measureTree(files, settings)))
  return {
    title: 'Checkpoints of a work tree',
    about:
      'Source files of 3 KB. Bare: `git add -A`, `write-tree` and `commit-tree` in a folder beside the tree, with its defaults, by which nothing is synced to the disk; Perdure syncs. The delay is that of a timer of the thread that asks.',
    rows,
  }
}

interface Bench {
  readonly tree: SampleTree
  readonly label: string
  readonly checkpoints: Checkpoints
  readonly git: () => Promise<void>
  last: CheckpointId | undefined
}

async function measureTree(files: number, { quick, scratch, progress }: BenchSettings): Promise<Row[]> {
  const label = files.toLocaleString('en-US')
  progress(`${label} files`)
  const folder = join(scratch, `tree-${files}`)
  mkdirSync(folder)
  const tree = writeSampleTree(join(folder, 'tree'), files)
  const first = await measureFirst({ tree, folder, label }, quick || files > 10_000 ? 1 : 3)
  const checkpoints = openCheckpoints({ root: tree.root, folder: join(folder, 'checkpoints') })
  const git = await openGitCheckpoints({ root: tree.root, folder: join(folder, 'git') })
  const bench: Bench = { tree, label, checkpoints, git, last: undefined }
  await git()
  await save(bench)
  const rounds = quick ? 2 : 11
  const rows = [
    first,
    await measureTurns(bench, { changes: 0, rounds }),
    await measureTurns(bench, { changes: 10, rounds }),
    await measureDelay(bench, rounds),
    await measureRestore(bench, quick ? 1 : 5),
  ]
  await checkpoints.close()
  rmSync(folder, { recursive: true })
  return rows
}

async function save(bench: Bench): Promise<void> {
  const { id } = await bench.checkpoints.saveCheckpoint(bench.last === undefined ? {} : { parent: bench.last })
  bench.last = id
}

async function measureFirst(
  { tree, folder, label }: { tree: SampleTree; folder: string; label: string },
  rounds: number,
): Promise<Row> {
  const samples = await alternate(
    {
      bare: async () => {
        const git = await openGitCheckpoints({ root: tree.root, folder: join(folder, 'first-git') })
        const took = await durationOf(git)
        rmSync(join(folder, 'first-git'), { recursive: true })
        return took
      },
      perdure: async () => {
        const checkpoints = openCheckpoints({ root: tree.root, folder: join(folder, 'first') })
        const took = await durationOf(() => checkpoints.saveCheckpoint())
        await checkpoints.close()
        rmSync(join(folder, 'first'), { recursive: true })
        return took
      },
    },
    { rounds, warmUp: false },
  )
  return rowOf(`${label} files, the first time`, samples)
}

async function measureTurns(
  bench: Bench,
  { changes, rounds }: { readonly changes: number; readonly rounds: number },
): Promise<Row> {
  const turn = (work: () => Promise<void>) => async (): Promise<number> => {
    bench.tree.change(changes)
    return durationOf(work)
  }
  // Both sides have twice the changes to see, those of their own turn and of the other's.
  const samples = await alternate({ bare: turn(bench.git), perdure: turn(() => save(bench)) }, { rounds })
  const row = rowOf(`${bench.label} files, ${changes === 0 ? 'none' : `${2 * changes} of them`} changed`, samples)
  return changes === 0 ? row : { ...row, goal: { of: 'median', atMost: 600 } }
}

/** Beside the delays of a thread that asks for nothing, for as long: those are of the machine. */
async function measureDelay(bench: Bench, rounds: number): Promise<Row> {
  let saveMs = 100
  const samples = await alternate(
    {
      bare: () => worstDelayOf(() => pause(saveMs)),
      perdure: () => {
        bench.tree.change(10)
        return worstDelayOf(async () => (saveMs = await durationOf(() => save(bench))))
      },
    },
    { rounds },
  )
  return {
    what: `${bench.label} files, worst delay of the thread that asks`,
    unit: 'ms',
    bare: { name: 'nothing is asked', values: samples.bare },
    perdure: { name: '`saveCheckpoint`', values: samples.perdure },
    goal: { of: 'largest', atMost: 20 },
  }
}

async function worstDelayOf(work: () => Promise<unknown>): Promise<number> {
  const monitor = monitorEventLoopDelay({ resolution: 1 })
  monitor.enable()
  await pause(5)
  monitor.reset()
  await work()
  monitor.disable()
  return monitor.max / 1e6
}

async function measureRestore(bench: Bench, rounds: number): Promise<Row> {
  const values: number[] = []
  for (let round = 0; round < rounds; round++) {
    const target = bench.last!
    bench.tree.change(10)
    values.push(await durationOf(() => bench.checkpoints.restoreCheckpoint(target, { parent: target })))
  }
  return {
    what: `${bench.label} files, 10 of them put back, safety checkpoint and verification included`,
    unit: 'ms',
    perdure: { name: '`restoreCheckpoint`', values },
  }
}

const rowOf = (
  what: string,
  samples: { readonly bare: readonly number[]; readonly perdure: readonly number[] },
): Row => ({
  what,
  unit: 'ms',
  bare: { name: '`git add -A`', values: samples.bare },
  perdure: { name: '`saveCheckpoint`', values: samples.perdure },
})
