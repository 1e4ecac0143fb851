import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { namedStorage, type NamedStorage } from '../../compose/environment-storage.ts'
import { locateDataDirectory } from '../../compose/locate-data-directory.ts'
import { openWorkspace } from '../../compose/open-workspace.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { Check } from './check.ts'

/** Whether sessions can be kept where they are, or where they would be. Leaves nothing behind. */
export async function checkStorage(named: string | undefined): Promise<Check> {
  const elsewhere = named === undefined ? namedStorage(process.env) : undefined
  return elsewhere === undefined ? checkDataDirectory(named) : checkNamed(elsewhere)
}

async function checkNamed({ variable }: NamedStorage): Promise<Check> {
  const facts = { name: 'storage', isRequired: true, why: `Sessions are kept there, by ${variable}.` }
  try {
    const { stores, description } = await openWorkspace({})
    const sessions = await stores.sessions.list()
    return { ...facts, isOk: true, found: `${description}, sessions: ${sessions.length}`, remedy: null }
  } catch (error) {
    const { message, hint } = PerdureError.from(error)
    return { ...facts, isOk: false, found: message, remedy: hint }
  }
}

async function checkDataDirectory(named: string | undefined): Promise<Check> {
  const path = locateDataDirectory({ named, environment: process.env, currentDirectory: process.cwd() })
  const facts = { name: 'data directory', isRequired: true, why: 'Sessions are kept in it.' }
  try {
    const found = existsSync(path) ? await openExisting(path) : await tryBeside(path)
    return { ...facts, isOk: true, found, remedy: null }
  } catch (error) {
    const found = `${path}: ${error instanceof Error ? error.message : String(error)}`
    const remedy = PerdureError.is(error) ? error.hint : 'export PERDURE_DATA_DIR=<a folder that you may write to>'
    return { ...facts, isOk: false, found, remedy }
  }
}

async function openExisting(path: string): Promise<string> {
  const { stores } = await openWorkspace({ dataDirectory: path })
  const sessions = await stores.sessions.list()
  return `${path}, sessions: ${sessions.length}`
}

/** A database in the nearest folder that exists, so on the same disk. */
async function tryBeside(path: string): Promise<string> {
  const scratch = await mkdtemp(join(existing(path), '.perdure-doctor-'))
  try {
    await openWorkspace({ dataDirectory: scratch })
    return `${path} will be created`
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))
