import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/**
 * Conversation, part, session or nothing, fence, whether a summary is kept, the summary before, the summary after,
 * `uuid payload` of each entry. A session fences its conversations; without one each is fenced by itself.
 */
export const appendEntries = writeScript(`${sessionFunctions}
local name, part, fence = args[1], args[2], args[4]
local key = prefix .. 'conversation:' .. name
local known = redis.call('HMGET', key, 'session_id', 'fence', 'summary')
local owner = args[3] ~= '' and args[3] or known[1] or ''
if args[5] == '1' and (known[3] or '') ~= args[6] then return {'summary_changed', known[3] or ''} end
if owner ~= '' then
  local refused = refusal(owner, fence)
  if refused then return refused end
  claimConversation(owner, name, fence)
elseif known[2] and tonumber(fence) < tonumber(known[2]) then
  return {'lease_lost', known[2]}
end
local summary = args[5] == '1' and args[7] or known[3] or ''
redis.call('HSET', key, 'session_id', owner, 'fence', fence, 'updated_at', whole(now), 'summary', summary)
redis.call('SADD', prefix .. 'parts:' .. name, part)
local entries, uuids = prefix .. 'transcript:' .. name .. ':' .. part, prefix .. 'uuids:' .. name .. ':' .. part
for index = 8, #args, 2 do
  if args[index] == '' or redis.call('SADD', uuids, args[index]) == 1 then
    redis.call('RPUSH', entries, args[index + 1])
  end
end
if redis.call('SISMEMBER', prefix .. 'parts:' .. name, '') == 1 then
  redis.call('ZADD', prefix .. 'conversations', whole(now), name)
end
return {'ok'}`)

/** Conversation. */
export const conversationSummary = readScript(`
return {redis.call('HGET', prefix .. 'conversation:' .. args[1], 'summary') or ''}`)

/** Conversation, part, first position, last position. */
export const rangeOfEntries = readScript(`
return redis.call('LRANGE', prefix .. 'transcript:' .. args[1] .. ':' .. args[2], args[3], args[4])`)

/** Conversation. */
export const conversationParts = readScript(`return redis.call('SMEMBERS', prefix .. 'parts:' .. args[1])`)

/** Beginning of a name: \`name time summary\` of each conversation whose main part has entries. */
export const listConversations = readScript(`
local found = {}
local all = redis.call('ZREVRANGE', prefix .. 'conversations', 0, -1, 'WITHSCORES')
for index = 1, #all, 2 do
  if string.sub(all[index], 1, string.len(args[1])) == args[1] then
    table.insert(found, all[index])
    table.insert(found, all[index + 1])
    table.insert(found, redis.call('HGET', prefix .. 'conversation:' .. all[index], 'summary'))
  end
end
return found`)

/** Conversation, whether a part is meant, part. One that belongs to a session stays its own, so that nobody writes it anew. */
export const deleteEntries = writeScript(`${sessionFunctions}
local name, part = args[1], args[3]
if args[2] == '1' then
  redis.call('UNLINK', prefix .. 'transcript:' .. name .. ':' .. part, prefix .. 'uuids:' .. name .. ':' .. part)
  redis.call('SREM', prefix .. 'parts:' .. name, part)
  if part == '' then redis.call('ZREM', prefix .. 'conversations', name) end
  return {'ok'}
end
removeConversation(name)
local key = prefix .. 'conversation:' .. name
local owner = redis.call('HGET', key, 'session_id')
if owner == '' then redis.call('UNLINK', key) elseif owner then redis.call('HSET', key, 'summary', '') end
return {'ok'}`)
