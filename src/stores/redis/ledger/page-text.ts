/** A page as text. Amounts are whole numbers beyond what JSON's numbers hold; they stand under names in \`…NanoUsd\`. */
export const encodePage = (page: object): string =>
  JSON.stringify(page, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

export const decodePage = (text: string): unknown =>
  JSON.parse(text, (name, value: unknown) =>
    name.endsWith('NanoUsd') && typeof value === 'string' ? BigInt(value) : value,
  )
