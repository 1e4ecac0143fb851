import { parseArgs } from 'node:util'
import { proofSubjects } from '../../test/proofs/proof-subjects.ts'

export interface ProveOptions {
  readonly subjects: readonly string[]
  readonly seeds: readonly number[]
  /** One seed was asked for by name: it runs whether or not it is recorded. */
  readonly repeats: boolean
  readonly keepFolder: boolean
}

const usage = `npm run prove -- [subject…] [--trials N] [--seed S] [--shard i/n] [--keep]

  subjects   ${Object.keys(proofSubjects).join(', ')}; all of them when none is named
  --trials   how many seeds, from 1 or from --seed (default 20)
  --seed     without --trials: this one seed, also when it is recorded
  --shard    the i-th of n parts of the seeds
  --keep     leaves the folders of the trials, and names that of a failure`

/** @throws {Error} with the usage, for what cannot be understood. */
export function readOptions(args: readonly string[]): ProveOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      trials: { type: 'string' },
      seed: { type: 'string' },
      shard: { type: 'string', default: '1/1' },
      keep: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.find((name) => !Object.hasOwn(proofSubjects, name))
  const shard = /^([1-9]\d*)\/([1-9]\d*)$/.exec(values.shard)
  const [part, parts] = [Number(shard?.[1]), Number(shard?.[2])]
  const repeats = values.seed !== undefined && values.trials === undefined
  const first = Number(values.seed ?? 1)
  const trials = Number(values.trials ?? (repeats ? 1 : 20))
  if (unknown !== undefined || !(part <= parts) || !Number.isSafeInteger(first) || !(trials > 0)) throw new Error(usage)
  const seeds = Array.from({ length: trials }, (_, index) => first + index)
  return {
    subjects: positionals.length > 0 ? positionals : Object.keys(proofSubjects),
    seeds: seeds.filter((_, index) => index % parts === part - 1),
    repeats,
    keepFolder: values.keep,
  }
}
