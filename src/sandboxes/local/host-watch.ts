import { existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { locate } from './kernel-reaping.ts'

/** A host tells its processes so often that it lives. */
const beatMs = 2_000
/**
 * A host that says nothing for ten seconds in all is frozen, or cut off from its own time: its session may be another's
 * soon, who must not find its agent at work. The second wait is for machines that slept: there the first one is over when
 * they wake up, and the host has had no time to speak.
 */
const waits = [6, 4].map((seconds) => `read -r -t ${seconds} -n 1 -u 3`).join(' || ')

const bash = locate('bash')

/** The first process of a namespace; one beside it, named for whoever looks, ends all others when the host falls silent. */
export const watchingShell = existsSync(bash)
  ? `${bash} -c 'while ${waits}; do :; done; kill -KILL -1' perdure-host-watch </dev/null >/dev/null 2>&1 & "$0" "$@" 3<&-; exit $?`
  : null

/** Speaks until the process has ended, or nobody listens any more. */
export function speakTo(listener: Writable, ended: Promise<unknown>): void {
  const beat = (): void => void (listener.writable && listener.write('.'))
  const timer = setInterval(beat, beatMs)
  timer.unref()
  const stop = (): void => clearInterval(timer)
  listener.on('error', stop)
  void ended.then(stop)
  beat()
}
