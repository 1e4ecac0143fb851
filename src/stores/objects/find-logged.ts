import type { LoggedEvent } from '../../domain/session-event.ts'
import { decodeEvent } from '../events/stored-event.ts'
import type { Batches } from './batches.ts'
import type { LoggedItem } from './session-document.ts'
import { mayHave, type StoredList } from './stored-list.ts'

export const decodeItem = ({ schemaVersion, payload }: LoggedItem, sequence: number): LoggedEvent =>
  decodeEvent({ sequence, schemaVersion, payload })

/** Events of the log by their ids. New ids are greater than all others, so that it mostly costs nothing. */
export async function findLogged(
  batches: Batches,
  list: StoredList<LoggedItem>,
  ids: readonly string[],
): Promise<Map<string, LoggedEvent>> {
  const wanted = new Set(ids)
  const found = new Map<string, LoggedEvent>()
  for await (const { firstIndex, items } of batches.read(list, (batch) => mayHave(batch, 'id', wanted))) {
    for (const [index, item] of items.entries()) {
      if (wanted.has(item.id)) found.set(item.id, decodeItem(item, firstIndex + index + 1))
    }
  }
  return found
}
