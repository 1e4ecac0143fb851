/** Claude Code names its working directory in a reminder or, for newer models, in a `system` message. */
const workingDirectory = /^[\s-]*(?:Primary working|Working) directory: (.+?)(?: \(was .+\))?$/im

/**
 * The working directory that texts of Claude Code name, told in their order. A folder below it that a command
 * went into is named too: the agent works where it did.
 */
export function workingDirectoryIn(texts: readonly string[]): string | undefined {
  return texts
    .flatMap((text) => workingDirectory.exec(text)?.[1]?.trim() ?? [])
    .reduce<string | undefined>((known, named) => (named.startsWith(`${known}/`) ? known : named), undefined)
}
