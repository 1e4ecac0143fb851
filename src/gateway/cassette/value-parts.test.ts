import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, sha256Of } from './canonical-json.ts'
import { getValue, putValue } from './value-parts.ts'

function partStore() {
  const parts = new Map<string, string>()
  const put = (content: string, kind: string): string => {
    const name = `${sha256Of(Buffer.from(content)).slice(0, 32)}.${kind}`
    parts.set(name, content)
    return name
  }
  return { parts, put, get: (name: string) => parts.get(name)! }
}

const long = fc.string({ minLength: 200, maxLength: 400, unit: 'binary' })
const key = fc.oneof(fc.string(), fc.constantFrom('$text', '$value', '$after', '$entries', 'items', '__proto__'))
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue({ depthSize: 'medium' }),
    long,
    fc.string({ unit: 'binary' }),
    fc.array(tie('json'), { maxLength: 20 }),
    fc.dictionary(key, tie('json')),
  ),
}))

test('what is put in parts comes out as it was', () => {
  fc.assert(
    fc.property(json, (value) => {
      const { put, get } = partStore()
      expect(canonicalJson(getValue(putValue(value, put), get))).toBe(canonicalJson(value))
    }),
  )
})

test('the order of properties makes no difference', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).toReversed())
      expect(canonicalJson(reversed)).toBe(canonicalJson(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      expect(putValue(reversed, partStore().put)).toBe(putValue(value, partStore().put))
    }),
  )
})

test('a conversation that grows shares what it was before', () => {
  const { parts, put } = partStore()
  const message = (index: number) => ({
    role: 'user',
    content: [{ type: 'text', text: `${index} ${'word '.repeat(99)}` }],
  })
  const tools = [{ name: 'Bash', description: 'long '.repeat(500) }]
  const request = (count: number) => ({ tools, messages: Array.from({ length: count }, (_, index) => message(index)) })
  const sizes = [10, 20, 40, 41].map((count) => {
    putValue(request(count), put)
    return parts.values().reduce((sum, content) => sum + content.length, 0)
  })
  const [ten = 0, twenty = 0, forty = 0, fortyOne = 0] = sizes
  expect(twenty).toBeLessThan(ten * 2)
  expect(forty).toBeLessThan(ten * 4)
  expect(fortyOne - forty).toBeLessThan(JSON.stringify(message(41)).length * 2)
})

test('a cassette that was written yesterday is read today', () => {
  const parts = new Map([
    ['root', '{"list":{"$after":"first","items":[5]},"text":{"$text":"text"},"odd":{"$entries":[["$value",1]]}}'],
    ['first', '[1,{"$value":"two"}]'],
    ['two', '{"two":2}'],
    ['text', 'a long text'],
  ])
  const value = getValue('root', (name) => parts.get(name)!)
  expect(value).toEqual({ list: [1, { two: 2 }, 5], text: 'a long text', odd: { $value: 1 } })
})
