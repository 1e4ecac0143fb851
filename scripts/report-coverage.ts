// Lines that the tests reached, in this process and in the command lines that they started as processes of
// their own. Run after `vitest run --coverage`; fails below the thresholds.
import { createCoverageMap, type CoverageMap, type CoverageMapData } from '@vitest/istanbul-lib-coverage'
import convertCoverage from 'ast-v8-to-istanbul'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { stripTypeScriptTypes } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseAstAsync } from 'vitest/node'

const root = fileURLToPath(new URL('../', import.meta.url))
/** All else is reached in the runner's own processes too. */
const commandLine = pathToFileURL(join(root, 'src/cli/')).href
const childrenFolder = join(root, 'coverage/children')

interface ProcessCoverage {
  readonly result: readonly Profiler.ScriptCoverage[]
}

/** Percent of lines, by the folder they stand in; the empty name is all of them. */
const thresholds: Readonly<Record<string, number>> = { '': 90, domain: 95, runtime: 95, gateway: 95 }

/** What processes of the tests reached: Node wrote it down for each as it ended. */
async function addChildren(into: CoverageMap): Promise<void> {
  if (!existsSync(childrenFolder)) return
  for (const name of readdirSync(childrenFolder).filter((file) => file.endsWith('.json'))) {
    const { result } = JSON.parse(readFileSync(join(childrenFolder, name), 'utf8')) as ProcessCoverage
    for (const coverage of result.filter(({ url }) => url.startsWith(commandLine))) {
      into.merge(await convertCoverage({ ...sourceOf(coverage.url), coverage }))
    }
  }
}

const parsed = new Map<string, { readonly code: string; readonly ast: ReturnType<typeof parseAstAsync> }>()

/** Types are blanked out, so places in the code that ran are places in the source. */
function sourceOf(url: string) {
  const known = parsed.get(url)
  if (known !== undefined) return known
  const code = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'))
  const source = { code, ast: parseAstAsync(code) }
  parsed.set(url, source)
  return source
}

function report(of: CoverageMap): boolean {
  const groups = new Map<string, { covered: number; total: number }>()
  for (const file of of.files()) {
    const { covered, total } = of.fileCoverageFor(file).toSummary().lines
    for (const name of ['', relative(join(root, 'src'), file).split('/')[0]!]) {
      const group = groups.get(name) ?? { covered: 0, total: 0 }
      groups.set(name, { covered: group.covered + covered, total: group.total + total })
    }
  }
  let isEnough = true
  for (const [name, { covered, total }] of [...groups].toSorted(([a], [b]) => a.localeCompare(b))) {
    const percent = total === 0 ? 100 : (100 * covered) / total
    const wanted = thresholds[name]
    const isLow = wanted !== undefined && percent < wanted
    isEnough &&= !isLow
    const goal = wanted === undefined ? '' : ` (at least ${wanted} %${isLow ? ': missed' : ''})`
    console.log(`${percent.toFixed(1).padStart(6)} % of ${total} lines  ${name === '' ? 'all' : `src/${name}`}${goal}`)
  }
  return isEnough
}

const map = createCoverageMap(
  JSON.parse(readFileSync(join(root, 'coverage/coverage-final.json'), 'utf8')) as CoverageMapData,
)
await addChildren(map)
process.exitCode = report(map) ? 0 : 1
