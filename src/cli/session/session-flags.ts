/** Flags that all commands about sessions have. */
export const placeFlags = {
  'data-dir': { type: 'string', valueHint: 'folder', description: 'Where sessions are kept.' },
} as const

export const afterFlag = {
  after: { type: 'string', valueHint: 'sequence', description: 'Only events after this one.' },
} as const

export const jsonFlag = { json: { type: 'boolean', description: 'As JSON, one object a line.' } } as const

export const sessionPlace = {
  id: { type: 'positional', required: true, description: 'Id of the session, or latest: the one that changed last.' },
} as const
