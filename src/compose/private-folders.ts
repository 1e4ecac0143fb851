import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunId } from '../domain/ids.ts'
import type { LeaseOwner } from '../ports/lease.ts'
import type { ConfigDirectory } from '../runtime/agent-dependencies.ts'
import { isOwnerGone, ownerOfThisProcess } from '../stores/leases/process-liveness.ts'

const prefix = 'perdure-run_'
const ownerFile = 'owner.json'

/** An agent's private folder, gone after the run. It says whose it is, for when its owner dies first. */
export async function createPrivateFolder(runId: RunId): Promise<ConfigDirectory> {
  const place = await mkdtemp(join(tmpdir(), `perdure-${runId}-`))
  const path = join(place, 'config')
  await mkdir(path)
  await writeFile(join(place, ownerFile), JSON.stringify(ownerOfThisProcess(runId)))
  return { path, remove: () => remove(place) }
}

/** Removes the private folders of runs whose process died; resolves to how many there were. */
export async function reapPrivateFolders(): Promise<number> {
  const names = await readdir(tmpdir())
  const places = names.filter((name) => name.startsWith(prefix)).map((name) => join(tmpdir(), name))
  const abandoned = await Promise.all(places.map(async (place) => ((await isAbandoned(place)) ? place : null)))
  const removed = abandoned.filter((place) => place !== null)
  await Promise.all(removed.map(remove))
  return removed.length
}

/** Only what is surely ours and surely nobody's any more: the temporary folder belongs to all. */
async function isAbandoned(place: string): Promise<boolean> {
  try {
    const { uid } = await stat(place)
    if (uid !== process.getuid?.()) return false
    return isOwnerGone(JSON.parse(await readFile(join(place, ownerFile), 'utf8')) as LeaseOwner)
  } catch {
    return false
  }
}

const remove = (place: string): Promise<void> => rm(place, { recursive: true, force: true, maxRetries: 3 })
