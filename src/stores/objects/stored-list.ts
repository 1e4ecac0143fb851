/** Items that lie together in an object that never changes, and what is known of them without reading it. */
export interface StoredBatch {
  readonly key: string
  readonly count: number
  /** By name of a property: the least and the greatest of its values in there. */
  readonly bounds: Readonly<Record<string, readonly [least: string, greatest: string]>>
}

/**
 * A list that only grows: the newest items in the document itself, the others in batches. Where there are many batches,
 * the list of them lies in batches too; `levels[0]` are batches of items, those of each further level hold batches of the
 * level below, older ones.
 */
export interface StoredList<Item> {
  readonly count: number
  readonly levels: readonly (readonly StoredBatch[])[]
  readonly tail: readonly Item[]
  /** About how much the tail adds to the document, in characters. */
  readonly tailSize: number
}

/** What a list must know of its items. */
export interface ItemKind<Item> {
  size(item: Item): number
  /** Properties by which batches are told apart; several values where an item has several. */
  valuesOf(item: Item): Readonly<Record<string, readonly string[]>>
}

export const emptyList: StoredList<never> = { count: 0, levels: [], tail: [], tailSize: 0 }

/** So many batches of one level become a batch of the next. */
const longestLevel = 64

export function withItems<Item>(
  list: StoredList<Item>,
  items: readonly Item[],
  kind: ItemKind<Item>,
): StoredList<Item> {
  const size = items.reduce((sum, item) => sum + kind.size(item), 0)
  return { ...list, count: list.count + items.length, tail: [...list.tail, ...items], tailSize: list.tailSize + size }
}

/** The list with the first `count` items of its tail in a batch. */
export async function withTailStored<Item>(
  list: StoredList<Item>,
  options: { kind: ItemKind<Item>; put: (content: readonly unknown[]) => Promise<string>; count?: number },
): Promise<StoredList<Item>> {
  const { kind, put } = options
  const stored = list.tail.slice(0, options.count)
  const tail = list.tail.slice(stored.length)
  if (stored.length === 0) return list
  const batch = { key: await put(stored), count: stored.length, bounds: boundsOf(stored, kind) }
  const levels = await withBatch(list.levels, batch, put)
  return { ...list, levels, tail, tailSize: tail.reduce((sum, item) => sum + kind.size(item), 0) }
}

async function withBatch(
  levels: StoredList<never>['levels'],
  batch: StoredBatch,
  put: (content: readonly unknown[]) => Promise<string>,
): Promise<StoredList<never>['levels']> {
  const [level = [], ...above] = levels
  if (level.length < longestLevel) return [[...level, batch], ...above]
  const count = level.reduce((sum, each) => sum + each.count, 0)
  const full = { key: await put(level), count, bounds: joined(level.map(({ bounds }) => bounds)) }
  return [[batch], ...(await withBatch(above, full, put))]
}

function boundsOf<Item>(items: readonly Item[], kind: ItemKind<Item>): StoredBatch['bounds'] {
  const single = items.flatMap((item) =>
    Object.entries(kind.valuesOf(item)).flatMap(([name, values]) =>
      values.map((value): StoredBatch['bounds'] => ({ [name]: [value, value] })),
    ),
  )
  return joined(single)
}

function joined(all: readonly StoredBatch['bounds'][]): StoredBatch['bounds'] {
  const bounds: Record<string, readonly [string, string]> = {}
  for (const each of all) {
    for (const [name, [least, greatest]] of Object.entries(each)) {
      const [low, high] = bounds[name] ?? [least, greatest]
      bounds[name] = [least < low ? least : low, greatest > high ? greatest : high]
    }
  }
  return bounds
}

/** Whether an item of the batch may have one of the values as this property. */
export function mayHave({ bounds }: Pick<StoredBatch, 'bounds'>, name: string, values: Iterable<string>): boolean {
  const range = bounds[name]
  if (!range) return false
  for (const value of values) if (value >= range[0] && value <= range[1]) return true
  return false
}
