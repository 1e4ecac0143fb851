import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The file is there with all of its bytes, or not at all, also after a power failure. Private to its user. */
export async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  await rename(await writeTemporary(dirname(file), bytes), file)
  await syncFolder(dirname(file))
}

/** Writes a file of a new name, private to its user, whose content is on the disk. */
export async function writeTemporary(folder: string, bytes: Uint8Array): Promise<string> {
  const temporary = join(folder, `${crypto.randomUUID()}.tmp`)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } catch (error) {
    // On a disk that is full, what is left of each attempt would take the last of it.
    await rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
  return temporary
}

/** Makes the names in a folder outlive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
