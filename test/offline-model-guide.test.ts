import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseScript } from '../src/gateway/upstreams/script/parse-script.ts'
import { loadScript } from '../src/testing/index.ts'
import { makePlace, runRealAgent } from './gateway/real-agent.ts'

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
const guide = readFileSync(inRepository('docs/guides/offline-model.md'), 'utf8')
const fences = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml]) => yaml!)

describe('the guide to the offline model', () => {
  it('has examples', () => expect(fences.length).toBeGreaterThan(3))
  it.each(fences)('shows a script that is one: %s', (yaml) => {
    expect(parseScript(parseYaml(yaml), 'guide')).toBeDefined()
  })

  it('names every field of the format', () => {
    const source = readFileSync(inRepository('src/gateway/upstreams/script/script.ts'), 'utf8')
    const fields = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field]) => field!)
    expect(fields.length).toBeGreaterThan(40)
    expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(guide))).toEqual([])
  })
})

describe('the example scripts', () => {
  const places: ReturnType<typeof makePlace>[] = []
  afterAll(() => places.forEach((place) => place.remove()))

  const play = async (name: string, prompt: string) => {
    const place = makePlace()
    places.push(place)
    const run = await runRealAgent({
      place,
      prompt,
      script: await loadScript(inRepository(`examples/scripts/${name}.yaml`)),
    })
    return { ...run, cwd: place.cwd }
  }

  it('hello answers', async () => {
    const { result } = await play('hello', 'good morning')
    expect(result).toMatchObject({
      is_error: false,
      result: expect.stringContaining('You said: good morning.') as string,
    })
  })

  it('tools looks around', async () => {
    const { text, result, cwd } = await play('tools', 'what is here?')
    expect(text).toContain(`I look around in ${cwd}.`)
    expect(result).toMatchObject({ is_error: false, result: expect.stringContaining(cwd) as string })
  })

  it('faults recovers', async () => {
    const { result, seen } = await play('faults', 'go')
    expect(result).toMatchObject({ is_error: false, result: expect.stringContaining('Recovered') as string })
    expect(seen.flatMap((one) => (one.type === 'end' ? [one.how] : []))).toEqual([
      'http_error',
      'upstream_cut',
      'complete',
    ])
  })
})
