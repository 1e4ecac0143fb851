/** Claude Code names its working directory in a reminder or, for newer models, in a `system` message. */
const workingDirectory = /^[\s-]*(?:Primary working|Working) directory: (.+)$/im

/** The working directory that a text of Claude Code names. */
export const workingDirectoryIn = (text: string): string | undefined => workingDirectory.exec(text)?.[1]?.trim()
