import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PerdureError } from '../../../errors/perdure-error.ts'
import { parseScript } from './parse-script.ts'
import type { Script } from './script.ts'

const moduleEndings = new Set(['.ts', '.mts', '.js', '.mjs'])

/**
 * Reads a script from a YAML or JSON file, or from the default export of a TypeScript or JavaScript module.
 * A module is code and runs with the rights of this process.
 * @throws {PerdureError} `script_invalid`, with the file and the place in it.
 */
export async function loadScript(path: string): Promise<Script> {
  const value = moduleEndings.has(extname(path)) ? await importDefault(path) : await readFileValue(path)
  return parseScript(value, path)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, 'the file cannot be read', cause)
  }
}

async function readFileValue(path: string): Promise<unknown> {
  const text = await readText(path)
  // Loaded with the first file: who never plays one does without the parser.
  const { parse } = await import('yaml')
  try {
    return parse(text)
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : 'not YAML', cause)
  }
}

async function importDefault(path: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(resolve(path)).href)
    return (module as { default?: unknown }).default
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : 'the module cannot be loaded', cause)
  }
}

const unreadable = (file: string, reason: string, cause: unknown): PerdureError =>
  new PerdureError('script_invalid', `${file}: ${reason}`, { details: { file, path: '' }, cause })
