// An agent of your own, with the model as a parameter: tests put a script in its place.
import { MemoryStorage, runAgent, type ModelUpstream } from 'perdure'

export interface Triage {
  readonly label: 'bug' | 'question'
  readonly looked: number
}

/** Looks at a report and the files it names, and gives it a label. @throws when the agent does not decide. */
export async function triage(report: string, options: { cwd: string; upstream?: ModelUpstream }): Promise<Triage> {
  const run = runAgent({
    prompt: `Triage this report. Read the files that it names, then end with the single word bug or question.\n${report}`,
    tools: ['Read'],
    allowedTools: ['Read'],
    storage: new MemoryStorage(),
    ...options,
  })
  let looked = 0
  for await (const event of run.events()) if (event.type === 'agent.tool_use') looked += 1
  const outcome = await run
  if ('error' in outcome) throw outcome.error
  const label = /\b(bug|question)\b\W*$/i.exec(outcome.text)?.[1]?.toLowerCase()
  if (label !== 'bug' && label !== 'question') throw new Error(`The agent did not decide: ${outcome.text}`)
  return { label, looked }
}
