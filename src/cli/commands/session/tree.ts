import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { renderSessionTree } from '../../render/session-tree.ts'
import { createStyle } from '../../render/style.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { branchRecord, sessionRecord } from '../../session/session-record.ts'
import { sessionTree, type SessionTree } from '../../session/session-tree.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const tree = cliCommand({
  args: { ...sessionPlace, ...jsonFlag, ...placeFlags },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const found = await sessionTree(session, args)
      if (args.json === true) for (const node of nodesOf(found)) writeJson(nodeRecord(node))
      else writeLine(renderSessionTree(found, { style: createStyle(process.stdout), chosenId: session.id }))
      return 0
    }),
})

/** Each before its forks. */
const nodesOf = (tree: SessionTree): SessionTree[] => [tree, ...tree.forks.flatMap(nodesOf)]

const nodeRecord = ({ session, branches, turns, costNanoUsd }: SessionTree): Readonly<Record<string, unknown>> => ({
  ...sessionRecord(session),
  last_sequence: branches.at(-1)?.last ?? 0,
  turns,
  cost_nano_usd: costNanoUsd.toString(),
  branches: branches.map(branchRecord),
})
