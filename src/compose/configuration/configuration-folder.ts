import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The user's own folder of Perdure: `~/.config/perdure`, or where `XDG_CONFIG_HOME` says. */
export function configurationFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const named = environment['XDG_CONFIG_HOME']
  // By the XDG specification, a relative path is not valid and to be ignored.
  const place = named !== undefined && isAbsolute(named) ? named : join(homeOf(environment), '.config')
  return join(place, 'perdure')
}

export const homeOf = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment['HOME'] || homedir()
