import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'

/** What the figures depend on, and nothing that names the machine or its owner. */
export function describeMachine(): string {
  const gigabytes = Math.round(totalmem() / 1024 ** 3)
  const load = loadavg()[0]!.toFixed(1)
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${processor}, ${availableParallelism()} cores, ${gigabytes} GiB, ${type()}; load before the run ${load}`
}

export function describeVersions(): string {
  const { version, claudeCodeVersion } = agentSdkPackage()
  return `Node ${process.versions.node}, SQLite ${process.versions.sqlite}, Agent SDK ${version}, Claude Code ${claudeCodeVersion}`
}

function agentSdkPackage(): { version: string; claudeCodeVersion: string } {
  const main = createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk')
  return JSON.parse(readFileSync(join(dirname(main), 'package.json'), 'utf8')) as {
    version: string
    claudeCodeVersion: string
  }
}
