import type { z } from 'zod'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { Script, ScriptReply } from './script.ts'
import { replySchema, scriptSchema } from './script-schema.ts'

/**
 * Checks a script that came from outside.
 * @param source What the message names: a file or the script's name.
 * @throws {PerdureError} `script_invalid`, with the first mistake and where it stands.
 */
export function parseScript(value: unknown, source: string): Script {
  const { success, data, error } = scriptSchema.safeParse(value)
  if (!success) throw scriptInvalid(error, source)
  return data
}

/** Checks what a function of a script returned. */
export function parseReply(value: unknown, source: string): string | ScriptReply {
  const { success, data, error } = replySchema.safeParse(value)
  if (!success) throw scriptInvalid(error, source)
  return data
}

function scriptInvalid(error: z.ZodError, file: string): PerdureError {
  const { path, message } = mostPrecise(error.issues)
  const place = placeOf(path)
  const rule = path[0] === 'rules' && typeof path[1] === 'number' ? { rule: path[1] } : {}
  return new PerdureError('script_invalid', `${file}: ${place === '' ? '' : `${place}: `}${message}`, {
    details: { file, path: place, ...rule },
  })
}

interface Mistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Of the alternatives that a value could have been, the one that it came closest to. */
function mostPrecise(issues: readonly z.core.$ZodIssue[]): Mistake {
  const mistakes = issues.map((issue): Mistake => {
    if (issue.code !== 'invalid_union') return issue
    const inner = issue.errors.filter((branch) => branch.length > 0).map(mostPrecise)
    // Alternatives that already failed on the value's own type say nothing about what is wrong in it.
    const best = inner.toSorted((one, other) => other.path.length - one.path.length)[0]
    if (best === undefined) return issue
    const isShape = best.path.length > 0 || best.message.startsWith('Unrecognized') || inner.length === 1
    const chosen = isShape ? best : (inner.find(({ message }) => !message.includes('expected')) ?? undefined)
    if (chosen !== undefined) return { path: [...issue.path, ...chosen.path], message: chosen.message }
    return { path: issue.path, message: inner.map(({ message }) => message).join(', or ') }
  })
  return mistakes[0] ?? { path: [], message: 'invalid' }
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((place, part) => {
    if (typeof part === 'number') return `${place}[${part}]`
    return place === '' ? String(part) : `${place}.${String(part)}`
  }, '')
}
