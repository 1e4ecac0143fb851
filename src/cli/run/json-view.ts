import { isPreview } from '../../domain/session-event.ts'
import { writeJson } from '../output.ts'
import { outcomeRecord } from '../render/outcome-record.ts'
import type { RunView } from './run-view.ts'

/** One event a line, exactly as the log has it; the outcome is the last line. */
export const createJsonView = (options: { readonly previews: boolean }): RunView => ({
  show: (event) => {
    if (options.previews || !isPreview(event)) writeJson(event)
  },
  note: () => {},
  end: (outcome) => writeJson(outcomeRecord(outcome)),
})
