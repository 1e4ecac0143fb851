import { expect, test } from 'vitest'
import { z } from 'zod'
import { compileOutputSchema } from './structured-output.ts'

const place = z.object({ city: z.string() })

test('a schema of zod’s own draft is refused with the way to write it', () => {
  expect(() => compileOutputSchema(z.toJSONSchema(place))).toThrow(
    expect.objectContaining({ code: 'invalid_request', hint: expect.stringContaining("target: 'draft-7'") as string }),
  )
})

test('written that way it is taken, and checks', () => {
  const check = compileOutputSchema(z.toJSONSchema(place, { target: 'draft-7' }))
  expect(check({ city: 'Lisbon' })).toBeNull()
  expect(check({ city: 1 })).toMatchObject({ code: 'structured_output_invalid' })
})
