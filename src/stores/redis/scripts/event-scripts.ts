import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/** Session, fence, number of drafts, `id version payload` of each, ids that leave the inbox. */
export const appendEvents = writeScript(`${sessionFunctions}
local id, fence, count = args[1], args[2], tonumber(args[3])
local refused = refusal(id, fence)
if refused then return refused end
touch(id)
local answer, ids, events = {'ok'}, prefix .. 'event-ids:' .. id, prefix .. 'events:' .. id
local head = tonumber(redis.call('HGET', sessionKey(id), 'head'))
local first = head
for index = 0, count - 1 do
  local event, version, payload = args[4 + 3 * index], args[5 + 3 * index], args[6 + 3 * index]
  local known = redis.call('HGET', ids, event)
  if known then
    local stored = redis.call('XRANGE', events, known .. '-0', known .. '-0')[1][2]
    table.insert(answer, known)
    table.insert(answer, stored[2])
    table.insert(answer, stored[4])
  else
    head = head + 1
    redis.call('XADD', events, whole(head) .. '-0', 'version', version, 'payload', payload)
    redis.call('HSET', ids, event, whole(head))
    table.insert(answer, whole(head))
    table.insert(answer, '')
    table.insert(answer, '')
  end
end
for index = 4 + 3 * count, #args do redis.call('HDEL', prefix .. 'inbox:' .. id, args[index]) end
if head > first then
  redis.call('HSET', sessionKey(id), 'head', whole(head))
  announce(id)
end
return answer`)

/** Session. */
export const logState = readScript(`${sessionFunctions}
return redis.call('HMGET', sessionKey(args[1]), 'log_id', 'head')`)

/** Session, id of the log, first number, limit: the events, if the log is still that one. */
export const followEvents = readScript(`${sessionFunctions}
if redis.call('HGET', sessionKey(args[1]), 'log_id') ~= args[2] then return {} end
return redis.call('XRANGE', prefix .. 'events:' .. args[1], args[3] .. '-0', '+', 'COUNT', args[4])`)

/** Session, first number, last number, limit. */
export const rangeOfEvents = readScript(`${sessionFunctions}
local last = args[3] == '+' and '+' or args[3] .. '-0'
return redis.call('XRANGE', prefix .. 'events:' .. args[1], args[2] .. '-0', last, 'COUNT', args[4])`)

/** Session, id of the log that follows. */
export const deleteEvents = writeScript(`${sessionFunctions}
local id = args[1]
if redis.call('EXISTS', sessionKey(id)) == 0 then return {'ok'} end
redis.call('UNLINK', prefix .. 'events:' .. id, prefix .. 'event-ids:' .. id)
redis.call('HSET', sessionKey(id), 'head', '0', 'log_id', args[2])
announce(id)
return {'ok'}`)
