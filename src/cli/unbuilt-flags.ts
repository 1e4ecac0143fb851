const budgets = 'The flag is --max-cost-usd.'
const sandboxes = 'The agent runs as a plain process of this machine; isolate the machine itself until then.'

/** Flags that people will look for and that must not seem to work; each with what to do instead. */
export const unbuiltFlags: Readonly<Record<string, string>> = {
  'max-budget-usd': budgets,
  budget: budgets,
  sandbox: sandboxes,
  network: sandboxes,
  rewind: 'Fork the session at an event instead: perdure session fork <id> --at <sequence>.',
}
