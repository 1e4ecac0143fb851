import type { Compilable, CompiledQuery } from 'kysely'

class Parameter {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

type ParameterOf<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name]

/** Compiles a query once; what it returns only fills in the values. For statements on hot paths. */
export function prepareQuery<Values extends object, Row>(
  build: (parameter: ParameterOf<Values>) => Compilable<Row>,
): (values: Values) => CompiledQuery<Row> {
  const compiled = build((name) => new Parameter(name) as never).compile()
  const fill = (parameter: unknown, values: Values) =>
    parameter instanceof Parameter ? values[parameter.name as keyof Values] : parameter
  return (values) => ({ ...compiled, parameters: compiled.parameters.map((parameter) => fill(parameter, values)) })
}

/** The same for queries over a list: compiled once for each length. */
export function prepareListQuery<Shared extends object, Item extends object, Row>(
  build: (parameter: ParameterOf<Shared>, items: Item[]) => Compilable<Row>,
): (shared: Shared, items: readonly Item[]) => CompiledQuery<Row> {
  type Filled = { shared: Shared; items: readonly Item[] }
  const byLength = new Map<number, (values: Record<string, unknown>) => CompiledQuery<Row>>()
  const prepare = (sample: readonly Item[]) =>
    prepareQuery<Record<string, unknown>, Row>((parameter) =>
      build(
        (name) => parameter(name) as never,
        sample.map((item, index) => mapKeys(item, (key) => parameter(`${index}.${key}`)) as Item),
      ),
    )
  const flatten = ({ shared, items }: Filled): Record<string, unknown> => {
    const values = { ...shared } as Record<string, unknown>
    for (const [index, item] of items.entries()) {
      for (const [key, value] of Object.entries(item)) values[`${index}.${key}`] = value
    }
    return values
  }
  return (shared, items) => {
    let prepared = byLength.get(items.length)
    if (!prepared) byLength.set(items.length, (prepared = prepare(items)))
    return prepared(flatten({ shared, items }))
  }
}

const mapKeys = (item: object, map: (key: string) => unknown): object =>
  Object.fromEntries(Object.keys(item).map((key) => [key, map(key)]))
