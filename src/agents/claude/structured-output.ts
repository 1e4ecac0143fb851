import type * as AjvModule from 'ajv'
import type { ValidateFunction } from 'ajv'
import type formats from 'ajv-formats'
import { createRequire } from 'node:module'
import { PerdureError, type ErrorRecord } from '../../errors/perdure-error.ts'

/** Says what is wrong with a turn's structured output; null when it is as the schema wants it. */
export type OutputCheck = (output: unknown) => ErrorRecord | null

/**
 * A check of our own: the agent reports plain success also when the model never gave the object, and
 * does not enforce `format`.
 * @throws {PerdureError} `invalid_request` when the schema itself is not valid.
 */
export function compileOutputSchema(schema: Readonly<Record<string, unknown>>): OutputCheck {
  const validate = compile(schema)
  return (output) => {
    if (output === undefined)
      return invalid('The agent ended its turn without the object that outputFormat asks for.', [])
    if (validate(output)) return null
    const problems = (validate.errors ?? []).map(
      (error) => `${error.instancePath || '/'} ${error.message ?? 'is wrong'}`,
    )
    return invalid(`The agent’s object does not match the schema: ${problems.join('; ')}.`, problems)
  }
}

function compile(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  if (schema['type'] === 'array') {
    throw new PerdureError(
      'invalid_request',
      'outputFormat.schema must describe an object: an array at the top can never be given.',
    )
  }
  try {
    return createAjv().compile(schema)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new PerdureError('invalid_request', `outputFormat.schema is not a valid JSON schema: ${message}`, {
      // The agent has the same limit.
      hint: "Use draft 7; with zod: z.toJSONSchema(schema, { target: 'draft-7' }).",
      cause: error,
    })
  }
}

/** Both are CommonJS, and loaded with the first schema: most runs have none. */
const load = createRequire(import.meta.url)

function createAjv(): AjvModule.Ajv {
  const { Ajv } = load('ajv') as typeof AjvModule
  const addFormats = load('ajv-formats') as typeof formats.default
  const ajv = new Ajv({ allErrors: true, strict: false })
  addFormats(ajv)
  return ajv
}

const invalid = (message: string, problems: readonly string[]): ErrorRecord =>
  new PerdureError(
    'structured_output_invalid',
    message,
    problems.length === 0 ? {} : { details: { problems } },
  ).toJSON()
