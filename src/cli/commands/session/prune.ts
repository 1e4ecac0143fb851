import { cliCommand } from '../../cli-command.ts'
import { writeError, writeJson, writeLine } from '../../output.ts'
import { durationMs } from '../../session/duration-ms.ts'
import { jsonFlag, placeFlags } from '../../session/session-flags.ts'
import { workspaceOf } from '../../session/workspace-of.ts'
import { usageError } from '../../usage-error.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const prune = cliCommand({
  args: {
    'older-than': { type: 'string', valueHint: '30d', description: 'Those that nothing has changed for so long.' },
    tag: { type: 'string', valueHint: 'tag', description: 'With --older-than: only those with this tag.' },
    expired: { type: 'boolean', description: 'Those whose time to live is over.' },
    'dry-run': { type: 'boolean', description: 'Says what --older-than would remove, and removes nothing.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { pruneSessions } = await import('../../../compose/travel/prune-sessions.ts')
      const { tag, expired = false, 'older-than': olderThan, 'dry-run': dryRun = false } = args
      if (olderThan === undefined && (!expired || dryRun)) {
        throw usageError('Which sessions are to go must be said.', 'Give --older-than 30d, or --expired.')
      }
      const isJson = args.json === true
      const { removed, driven } = await pruneSessions({
        ...workspaceOf(args),
        ...(olderThan === undefined ? {} : { olderThanMs: durationMs(olderThan, '--older-than') }),
        ...(tag === undefined ? {} : { tag }),
        expired,
        dryRun,
        onProgress: ({ sessionId, record, done, all }) => {
          const title = record?.title ?? null
          if (isJson) writeJson({ id: sessionId, title, updated_at: record?.updatedAt ?? null, removed: !dryRun })
          else writeLine([`${done}/${all}`, sessionId, title ?? ''].join('  ').trimEnd())
        },
      })
      if (driven.length > 0) writeError(`Driven, and therefore kept: ${driven.join(', ')}`)
      const [noun, verb] = removed.length === 1 ? ['session', 'is'] : ['sessions', 'are']
      if (!isJson) writeLine(`${removed.length} ${noun} ${dryRun ? 'would be' : verb} removed`)
      return 0
    }),
})
