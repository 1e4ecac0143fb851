import type { WorkspaceOptions } from '../../compose/open-workspace.ts'

export interface PlaceFlags {
  readonly 'data-dir'?: string | undefined
}

/** Where the flags say that sessions are kept. */
export const workspaceOf = (flags: PlaceFlags): WorkspaceOptions => {
  const dataDirectory = flags['data-dir']
  return dataDirectory === undefined ? {} : { dataDirectory }
}
