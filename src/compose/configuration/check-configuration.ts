import { z } from 'zod'
import { nearestName } from '../../agents/claude/nearest-name.ts'
import { redact } from '../../domain/redaction.ts'
import { PerdureError } from '../../errors/perdure-error.ts'
import { configurationSchema, type Configuration } from './configuration-schema.ts'

/**
 * What was read, checked against the schema. A value never stands in an error: it might be a secret.
 * @param from Whose it is, for errors: the path of a file.
 * @throws {PerdureError} `configuration_invalid`.
 */
export function checkConfiguration(value: unknown, from: string): Configuration {
  refuseSecrets(value, { from, path: [] })
  const checked = configurationSchema.safeParse(value)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]!
  if (issue.code === 'unrecognized_keys') throw unknownName(issue.keys[0]!, { from, path: issue.path })
  throw invalid({ from, path: issue.path }, issue.message)
}

/** Where something is wrong: in which file or variable, and where in it. */
export interface ConfigurationSpot {
  readonly from: string
  readonly path?: readonly PropertyKey[]
}

export function invalid({ from, path = [] }: ConfigurationSpot, reason: string, hint?: string): PerdureError {
  const place = path.map(String).join('.')
  return new PerdureError('configuration_invalid', [from, place, reason].filter((part) => part !== '').join(': '), {
    details: { from, path: place },
    ...(hint === undefined ? {} : { hint }),
  })
}

const secretNames = /^(x-)?(api|auth|access|secret|private)?[_-]?(key|token|secret|password|value)$/i

function refuseSecrets(value: unknown, { from, path = [] }: ConfigurationSpot): void {
  if (typeof value === 'string') {
    const name = String(path.at(-1))
    if (redact(value) === value && !secretNames.test(name)) return
    throw invalid(
      { from, path },
      'a secret does not belong here',
      'Say where it comes from instead: { env: "NAME" }, { file: "path" }, { command: ["program"] } or { vault: "name" }.',
    )
  }
  if (value === null || typeof value !== 'object') return
  for (const [name, member] of Object.entries(value)) refuseSecrets(member, { from, path: [...path, name] })
}

function unknownName(name: string, { from, path = [] }: ConfigurationSpot): PerdureError {
  const near = nearestName(name, knownNames(configurationSchema, path))
  return invalid(
    { from, path: [...path, name] },
    'there is no such setting',
    near === null ? undefined : `Did you mean ${near}?`,
  )
}

/** The names that an object may have at this place of the schema. */
function knownNames(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodOptional) return knownNames(schema.unwrap(), path)
  const [first, ...rest] = path
  if (schema instanceof z.ZodRecord) return knownNames(schema.valueType, rest)
  if (!(schema instanceof z.ZodObject)) return []
  return first === undefined ? Object.keys(schema.shape) : knownNames(schema.shape[String(first)], rest)
}
