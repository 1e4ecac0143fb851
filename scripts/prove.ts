// Long proofs: real processes, killed at random moments that a seed decides. See docs/guides/proofs.md.
import { setPriority } from 'node:os'
import { probeKernelReaping } from '../src/sandboxes/local/kernel-reaping.ts'
import { proofSubjects } from '../test/proofs/proof-subjects.ts'
import { appendRecord, provenVersion, readRecords, writeSummary, type ProofRecord } from './proofs/proof-records.ts'
import { readOptions, type ProveOptions } from './proofs/prove-options.ts'

async function prove(options: ProveOptions): Promise<number> {
  const { reaping, reason } = await probeKernelReaping()
  if (reaping !== 'kernel') {
    console.error(`The proofs need a machine whose kernel ends agents with their hosts: ${reason ?? ''}`)
    return 1
  }
  setPriority(10)
  let failures = 0
  for (const subject of options.subjects) failures += await proveSubject(subject, options)
  writeSummary()
  return failures === 0 ? 0 : 1
}

async function proveSubject(subject: string, { seeds, repeats, keepFolder }: ProveOptions): Promise<number> {
  let failures = 0
  let done = 0
  const version = provenVersion()
  const recorded = new Set(readRecords(subject).flatMap((record) => (record.version === version ? [record.seed] : [])))
  for (const seed of seeds) {
    done += 1
    if (!repeats && !version.endsWith('+') && recorded.has(seed)) continue
    const record = await runTrial(subject, { seed, version, keepFolder })
    appendRecord(subject, record)
    if (record.outcome === 'failed') failures += 1
    const seconds = (record.ms / 1000).toFixed(1)
    console.log(
      `${subject} ${done}/${seeds.length} seed ${seed}: ${record.outcome}, ${record.kills} kills, ${seconds} s`,
    )
  }
  await proofSubjects[subject]?.close?.()
  console.log(`${subject}: ${seeds.length} seeds, ${failures} failures now`)
  return failures
}

async function runTrial(
  subject: string,
  { seed, version, keepFolder }: { seed: number; version: string; keepFolder: boolean },
): Promise<ProofRecord> {
  const { trial, realBinary } = proofSubjects[subject]!
  const startedMs = performance.now()
  const facts = (result: Pick<ProofRecord, 'outcome' | 'kills' | 'boundaries' | 'setting'>) => ({
    seed,
    realBinary,
    ...result,
    ms: Math.round(performance.now() - startedMs),
    date: new Date().toISOString().slice(0, 10),
    version,
  })
  try {
    return facts({ outcome: 'held', ...(await trial(seed, { keepFolder })) })
  } catch (error) {
    console.error(
      `${subject} with seed ${seed} failed; again: npm run prove -- ${subject} --seed ${seed}\n${String(error)}`,
    )
    return { ...facts({ outcome: 'failed', kills: 0 }), reason: firstLineOf(error) }
  }
}

/** Without paths, which mean nothing on another machine. */
const firstLineOf = (error: unknown): string => String(error).split('\n')[0]!.replaceAll(/\/\S+/g, '…').slice(0, 200)

try {
  process.exitCode = await prove(readOptions(process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
