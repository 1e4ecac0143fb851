import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/** Session, owner, milliseconds, the fence of a holder who is known to be gone. */
export const acquireLease = writeScript(`${sessionFunctions}
local id = args[1]
if not isAlive(id) then return {'session_not_found'} end
local held = driver(id, args[4])
if held then return held end
local fence = redis.call('HINCRBY', sessionKey(id), 'fence', 1)
redis.call('HSET', sessionKey(id), 'lease_owner', args[2], 'lease_until', whole(now + args[3]))
return {'ok', whole(fence)}`)

/** Session, fence, milliseconds. */
export const renewLease = writeScript(`${sessionFunctions}
local found = redis.call('HMGET', sessionKey(args[1]), 'fence', 'lease_owner')
if found[1] ~= args[2] or found[2] == '' then return {'lease_lost'} end
redis.call('HSET', sessionKey(args[1]), 'lease_until', whole(now + args[3]))
return {'ok'}`)

/** Session, fence. */
export const releaseLease = writeScript(`${sessionFunctions}
if redis.call('HGET', sessionKey(args[1]), 'fence') == args[2] then
  redis.call('HSET', sessionKey(args[1]), 'lease_owner', '')
end
return {'ok'}`)

/** Session. */
export const leaseHolder = readScript(`${sessionFunctions}
return isAlive(args[1]) and driver(args[1], '') or {'nobody'}`)
