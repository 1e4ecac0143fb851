/**
 * A value as JSON that is the same for equal values: members by name, amounts as digits with an `n`, times as in JSON.
 * Of what crosses from one storage to another, this is what must not change.
 */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member === 'bigint') return `${member}n`
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)))
  })
