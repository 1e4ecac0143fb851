import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
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
  // ajv-formats is CommonJS: its type says `default`, its value is the function itself.
  const ajv = new Ajv({ allErrors: true, strict: false })
  addFormats(ajv)
  try {
    return ajv.compile(schema)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new PerdureError('invalid_request', `outputFormat.schema is not a valid JSON schema: ${message}`, {
      // The agent has the same limit.
      hint: "Use draft 7; with zod: z.toJSONSchema(schema, { target: 'draft-7' }).",
      cause: error,
    })
  }
}

const addFormats = formats as unknown as typeof formats.default

const invalid = (message: string, problems: readonly string[]): ErrorRecord =>
  new PerdureError(
    'structured_output_invalid',
    message,
    problems.length === 0 ? {} : { details: { problems } },
  ).toJSON()
