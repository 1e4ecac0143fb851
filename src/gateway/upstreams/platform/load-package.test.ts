import { describe, expect, it } from 'vitest'
import { loadPackage } from './load-package.ts'

describe('the package of a platform', () => {
  it('that is not installed is named, with what installs it', async () => {
    const absent: string = '@anthropic-ai/no-such-sdk'
    await expect(loadPackage(absent, () => import(/* @vite-ignore */ absent))).rejects.toMatchObject({
      code: 'upstream_package_missing',
      message: expect.stringContaining(absent) as string,
      hint: `npm install ${absent}`,
    })
  })

  it('that breaks while it loads shows its own error', async () => {
    const load = () => Promise.reject(new TypeError('broken inside'))
    await expect(loadPackage('x', load)).rejects.toThrow(new TypeError('broken inside'))
  })

  it('is what was loaded', async () => expect(await loadPackage('x', async () => ({ a: 1 }))).toEqual({ a: 1 }))
})
