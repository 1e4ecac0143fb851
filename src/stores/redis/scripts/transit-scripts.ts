import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/** Session, id of its log, the fence of a holder who is known to be gone, its lifetime and last change where it comes
 *  from, when it was made, its lifetime on the way, `field value` of its record. */
export const expectSession = writeScript(`${sessionFunctions}
local id, key = args[1], sessionKey(args[1])
local found = redis.call('HMGET', key, 'expires_at', 'transit')
if found[1] then
  if found[2] ~= 'arriving' then
    if found[1] == '' or tonumber(found[1]) > now then return {'session_exists'} end
    local held = driver(id, args[3])
    if held then return held end
  end
  remove(id)
end
-- Who wrote what had arrived before can write no more.
local fence = whole((redis.call('HGET', prefix .. 'fences-of-deleted', id) or 0) + 1)
redis.call('HDEL', prefix .. 'fences-of-deleted', id)
redis.call('HSET', key, 'log_id', args[2], 'head', '0', 'fence', fence, 'lease_owner', '', 'lease_until', '0',
  'expires_at', '', 'inbox_position', '0', 'transit', 'arriving', 'kept_ttl_ms', args[4], 'kept_updated_at', args[5],
  'created_at', args[6])
for index = 8, #args, 2 do redis.call('HSET', key, args[index], args[index + 1]) end
redis.call('HSET', key, 'ttl_ms', args[7])
redis.call('ZADD', prefix .. 'sessions', args[6], id)
touch(id)
return {'ok', fence}`)

/** Session, fence, \`id priority payload\` of each input that waits. */
export const arriveSession = writeScript(`${sessionFunctions}
local id, key = args[1], sessionKey(args[1])
if redis.call('HGET', key, 'transit') ~= 'arriving' then return {'session_not_found'} end
local refused = refusal(id, args[2])
if refused then return refused end
local kept = redis.call('HMGET', key, 'kept_ttl_ms', 'kept_updated_at')
redis.call('HSET', key, 'transit', '', 'ttl_ms', kept[1], 'updated_at', kept[2])
setLife(id, kept[1])
for index = 3, #args, 3 do take(id, args[index], args[index + 1], args[index + 2]) end
return wholeSession(id)`)

/** Session, fence, where it goes. */
export const departSession = writeScript(`${sessionFunctions}
local id, key = args[1], sessionKey(args[1])
if redis.call('HGET', key, 'transit') ~= '' then return {'session_not_found'} end
local refused = refusal(id, args[2])
if refused then return refused end
redis.call('HSET', key, 'transit', 'departed', 'departed_to', args[3], 'lease_owner', '',
  'kept_ttl_ms', redis.call('HGET', key, 'ttl_ms'), 'ttl_ms', '')
setLife(id, '')
redis.call('SADD', prefix .. 'departed', id)
return {'ok'}`)

/** The whole hash of each. */
export const departedSessions = readScript(`${sessionFunctions}
local found = {}
for _, id in ipairs(redis.call('SMEMBERS', prefix .. 'departed')) do
  table.insert(found, redis.call('HGETALL', sessionKey(id)))
end
return found`)

/** Session. */
export const returnSession = writeScript(`${sessionFunctions}
local id, key = args[1], sessionKey(args[1])
if redis.call('HGET', key, 'transit') ~= 'departed' then return {'ok'} end
redis.call('HSET', key, 'transit', '', 'ttl_ms', redis.call('HGET', key, 'kept_ttl_ms'))
redis.call('SREM', prefix .. 'departed', id)
touch(id)
return {'ok'}`)
