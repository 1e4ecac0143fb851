import type { RewindReport } from '../../../compose/rewind-options.ts'
import type { Session } from '../../../compose/session.ts'
import { turnsBack } from '../../../domain/turns-back.ts'
import { cliCommand } from '../../cli-command.ts'
import { writeJson, writeLine } from '../../output.ts'
import { count } from '../../render/text.ts'
import { eventFlag } from '../../session/event-flag.ts'
import { positiveNumber } from '../../session/positive-number.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { typedCommand } from '../../typed-command.ts'
import { usageError } from '../../usage-error.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const rewind = cliCommand({
  args: {
    ...sessionPlace,
    event: {
      type: 'positional',
      required: false,
      valueHint: '[event]',
      description: 'Its number (0: the beginning) or its id.',
    },
    'last-turn': { type: 'boolean', description: 'To before the last turn.' },
    turns: { type: 'string', valueHint: 'n', description: 'To before the last n turns.' },
    'conversation-only': { type: 'boolean', description: 'Leaves the files as they are.' },
    git: {
      type: 'enum',
      options: ['keep', 'restore', 'exact'],
      description: 'What happens to git repositories among the files. Default: keep.',
    },
    'accept-git-warnings': { type: 'boolean', description: 'Though a repository stays elsewhere than the files.' },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const session = await resolveSession(args.id, args)
      const report = await session.rewind({
        to: await targetOf(session, args),
        files: args['conversation-only'] !== true,
        ...(args.git === undefined ? {} : { git: args.git }),
        acceptGitWarnings: args['accept-git-warnings'] === true,
      })
      if (args.json === true) writeJson(recordOf(session, report))
      else writeLine(renderReport(session, report))
      return 0
    }),
})

interface TargetFlags {
  readonly event?: string | undefined
  readonly 'last-turn'?: boolean | undefined
  readonly turns?: string | undefined
}

async function targetOf(
  session: Session,
  { event, turns, 'last-turn': lastTurn }: TargetFlags,
): Promise<number | string> {
  const given = [event, turns, lastTurn === true ? true : undefined].filter((value) => value !== undefined)
  if (given.length !== 1) {
    throw usageError('A rewind goes to one place.', 'Name an event, or use --last-turn, or --turns <n>.')
  }
  if (event !== undefined) return eventFlag(event, 'event')
  const wanted = turns === undefined ? 1 : positiveNumber(turns, '--turns')
  const target = turnsBack(await session.events(), wanted)
  if (target !== null) return target
  throw usageError(`The session does not follow ${count(wanted, 'turn')}.`, 'Go back to its beginning: event 0.')
}

function recordOf({ id }: Session, { sequence, to, files }: RewindReport): Readonly<Record<string, unknown>> {
  return {
    id,
    sequence,
    to_sequence: to,
    files:
      files === null
        ? null
        : {
            working_directory: files.workingDirectory,
            checkpoint_id: files.checkpointId,
            saved_at_sequence: files.savedAt,
            safety_checkpoint_id: files.safetyCheckpointId,
            changes: files.changes,
            left_alone: files.leftAlone,
            warnings: files.warnings,
          },
  }
}

function renderReport({ id }: Session, { sequence, to, files }: RewindReport): string {
  const where = to === 0 ? 'its beginning' : `event ${to}`
  const what =
    files === null
      ? 'its files were left as they were'
      : `${count(files.changes, 'file')} put back in ${files.workingDirectory}`
  return [
    `${id} is back at ${where}; ${what}`,
    ...(files?.warnings ?? []).map(
      ({ type, path }) => `the repository ${path === '' ? '.' : path} stays as it is (${type})`,
    ),
    ...(files?.leftAlone ?? []).map(({ path, reason }) => `${path} was left alone (${reason})`),
    `to undo: ${typedCommand()} session rewind ${id} ${sequence - 1}`,
  ].join('\n')
}
