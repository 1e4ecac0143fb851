import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/** Session, id of the event, priority, payload. One that the log has taken in is not taken again. */
export const putInput = writeScript(`${sessionFunctions}
local id = args[1]
if not isAlive(id) then return {'session_not_found'} end
touch(id)
take(id, args[2], args[3], args[4])
return {'ok'}`)

/** Session: `position priority payload` of each. */
export const listInputs = readScript(`return redis.call('HVALS', prefix .. 'inbox:' .. args[1])`)

/** Session, ids: those that were there. */
export const removeInputs = writeScript(`
local removed = {'ok'}
for index = 2, #args do
  if redis.call('HDEL', prefix .. 'inbox:' .. args[1], args[index]) == 1 then table.insert(removed, args[index]) end
end
return removed`)
