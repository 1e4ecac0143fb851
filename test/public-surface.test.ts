import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { exportedNames } from './support/exported-names.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, string | { default: string }>
  peerDependencies: Record<string, string>
}

/** Subpaths of the package with the sources behind them. */
const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string'
    ? []
    : [[subpath, target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')] as const],
)

describe.each(entries)('perdure, subpath %s', (subpath, source) => {
  test('exports exactly the names that are pinned (change them on purpose with `vitest run test/public-surface.test.ts -u`)', async () => {
    const list = exportedNames(`${root}${source}`).join('\n')
    const file = subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')
    await expect(`${list}\n`).toMatchFileSnapshot(`./public-surface/${file}.txt`)
  })

  test('really has the values that it lists', async () => {
    const listed = exportedNames(`${root}${source}`).filter((name) => !name.startsWith('type '))
    const module = (await import(`${root}${source}`)) as Record<string, unknown>
    expect(Object.keys(module).toSorted()).toEqual(listed)
  })
})

/** Packages that a source file loads, seen from inside a fresh process. */
function packagesLoadedBy(source: string): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const packages = new Set()
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context)
        const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(resolved.url)?.[1]
        if (name !== undefined) packages.add(name)
        return resolved
      },
    })
    await import(${JSON.stringify(`${root}${source}`)})
    console.log(JSON.stringify([...packages]))
    process.exit()`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  return JSON.parse(output) as string[]
}

describe('loading', () => {
  const peers = Object.keys(manifest.peerDependencies)

  test.each(entries.filter(([subpath]) => subpath !== './testing/contracts'))(
    '%s loads no peer package',
    (_subpath, source) => {
      const loaded = packagesLoadedBy(source)
      expect(loaded).toContain('zod')
      expect(loaded.filter((name) => peers.includes(name))).toEqual([])
    },
  )

  test('is seen by this check when it happens', () => {
    expect(packagesLoadedBy('node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs')).toContain(
      '@anthropic-ai/claude-agent-sdk',
    )
  })
})
