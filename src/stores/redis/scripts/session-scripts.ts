import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/**
 * Session, id of its log, the fence of a holder who is known to be gone, `field value` of its record. In the place of one
 * whose time is over, unless somebody still drives it.
 */
export const createSession = writeScript(`${sessionFunctions}
local id, key = args[1], sessionKey(args[1])
local over = redis.call('HGET', key, 'expires_at')
if over then
  if over == '' or tonumber(over) > now then return {'session_exists'} end
  local held = driver(id, args[3])
  if held then return held end
  remove(id)
end
local fence = redis.call('HGET', prefix .. 'fences-of-deleted', id) or '0'
redis.call('HDEL', prefix .. 'fences-of-deleted', id)
redis.call('HSET', key, 'log_id', args[2], 'head', '0', 'fence', fence, 'lease_owner', '', 'lease_until', '0',
  'transit', '', 'created_at', whole(now), 'expires_at', '', 'inbox_position', '0')
for index = 4, #args, 2 do redis.call('HSET', key, args[index], args[index + 1]) end
redis.call('ZADD', prefix .. 'sessions', whole(now), id)
touch(id)
return wholeSession(id)`)

/** Sessions: the fields of each that is alive. */
export const readSessions = readScript(`${sessionFunctions}
local found = {}
for _, id in ipairs(args) do
  if isAlive(id) then table.insert(found, redis.call('HGETALL', sessionKey(id))) end
end
return found`)

/** The newest first. */
export const sessionIds = readScript(`return redis.call('ZREVRANGE', prefix .. 'sessions', 0, -1)`)

/** Session, fence or nothing, conversation that it claims or nothing, \`field value\` of what changes. */
export const updateSession = writeScript(`${sessionFunctions}
local id, fence = args[1], args[2]
if fence == '' then
  if not isAlive(id) then return {'session_not_found'} end
else
  -- A driver may write on after the session's time, as long as the session is there: it is alive.
  local refused = refusal(id, fence)
  if refused then return refused end
end
for index = 4, #args, 2 do redis.call('HSET', sessionKey(id), args[index], args[index + 1]) end
touch(id)
if args[3] ~= '' then claimConversation(id, args[3], redis.call('HGET', sessionKey(id), 'fence')) end
return wholeSession(id)`)

/** Session, the fence of a holder who is known to be gone, whether only one whose time is over is meant. */
export const deleteSession = writeScript(`${sessionFunctions}
local id = args[1]
local over = redis.call('HGET', sessionKey(id), 'expires_at')
if not over then return {'session_not_found'} end
if args[3] == '1' and (over == '' or tonumber(over) > now) then return {'not_over'} end
local held = driver(id, args[2])
if held then return held end
remove(id)
return {'ok'}`)

/** Ids of those whose time is over. */
export const expiredSessions = readScript(`
return redis.call('ZRANGEBYSCORE', prefix .. 'expiring', '-inf', whole(now))`)
