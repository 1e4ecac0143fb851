// An answer that is an object of a schema. A run that ends well without one has failed.
import assert from 'node:assert/strict'
import { MemoryStorage, runAgent } from 'perdure'
import { scriptedModel } from 'perdure/testing'
import { z } from 'zod'

const place = z.object({ city: z.string(), country: z.string() })
const model = scriptedModel({ turns: [{ structuredOutput: { city: 'Lisbon', country: 'Portugal' } }] })

const outcome = await runAgent({
  prompt: 'In which city does tram 28 climb to the castle of Saint George? Answer with city and country.',
  // The agent knows schemas of draft 7, which is not what zod writes by itself.
  outputFormat: { type: 'json_schema', schema: z.toJSONSchema(place, { target: 'draft-7' }) },
  storage: new MemoryStorage(),
  upstream: process.env['ANTHROPIC_API_KEY'] ? undefined : model,
})
if (outcome.status !== 'completed') throw new Error(outcome.status)
const { city, country } = place.parse(outcome.structuredOutput)
console.log(`${city}, ${country}`)
assert.deepEqual([city, country], ['Lisbon', 'Portugal'])
