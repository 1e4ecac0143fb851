type Version = readonly [number, number, number]

/** Whether a version lies in a range of `^`, `>=` and `<`, with `||` between alternatives. Other forms never fit. */
export function isInRange(version: string, range: string): boolean {
  const parsed = parseVersion(version)
  return (
    parsed !== null &&
    range.split('||').some((alternative) => {
      const bounds = alternative.trim().split(/\s+/)
      return bounds.every((bound) => keepsBound(parsed, bound))
    })
  )
}

function keepsBound(version: Version, bound: string): boolean {
  const [, operator, written = ''] = /^(\^|>=|<)(.+)$/.exec(bound) ?? []
  const limit = parseVersion(written)
  if (limit === null) return false
  if (operator === '<') return compare(version, limit) < 0
  if (operator === '^') return version[0] === limit[0] && compare(version, limit) >= 0
  return compare(version, limit) >= 0
}

function parseVersion(text: string): Version | null {
  const numbers = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text)
  return numbers === null ? null : [Number(numbers[1]), Number(numbers[2] ?? 0), Number(numbers[3] ?? 0)]
}

const compare = (left: Version, right: Version): number =>
  left[0] - right[0] || left[1] - right[1] || left[2] - right[2]
