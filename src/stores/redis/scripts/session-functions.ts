/**
 * What the scripts know of sessions. A session is one hash; beside it stand its log (a stream whose ids are the sequence
 * numbers), the numbers by event id, its inbox, its conversations and its checkpoints.
 */
export const sessionFunctions = `
local function sessionKey(id) return prefix .. 'session:' .. id end

-- Alive: there, its time not over, and not on its way from or to another place.
local function isAlive(id)
  local found = redis.call('HMGET', sessionKey(id), 'log_id', 'expires_at', 'transit')
  return found[1] and found[3] == '' and (found[2] == '' or tonumber(found[2]) > now)
end

local function setLife(id, ttl)
  local before = redis.call('HGET', sessionKey(id), 'expires_at')
  if ttl == '' then
    redis.call('HSET', sessionKey(id), 'expires_at', '')
    if before and before ~= '' then redis.call('ZREM', prefix .. 'expiring', id) end
  else
    local over = whole(now + tonumber(ttl))
    redis.call('HSET', sessionKey(id), 'expires_at', over)
    redis.call('ZADD', prefix .. 'expiring', over, id)
  end
end

-- What every change of a session changes besides.
local function touch(id)
  redis.call('HSET', sessionKey(id), 'updated_at', whole(now))
  setLife(id, redis.call('HGET', sessionKey(id), 'ttl_ms'))
end

-- Remembers the fence of a write; or says why the write is refused.
local function refusal(id, fence)
  local highest = redis.call('HGET', sessionKey(id), 'fence')
  if not highest then return {'session_not_found'} end
  if tonumber(fence) < tonumber(highest) then return {'lease_lost', highest} end
  redis.call('HSET', sessionKey(id), 'fence', fence)
  return nil
end

-- Who drives it, with the fence and the rest of the time; not the one of this fence, who is known to be gone.
local function driver(id, gone)
  local found = redis.call('HMGET', sessionKey(id), 'lease_owner', 'lease_until', 'fence')
  if not found[1] or found[1] == '' or tonumber(found[2]) <= now or found[3] == gone then return nil end
  return {'lease_held', found[1], found[3], whole(tonumber(found[2]) - now)}
end

local function removeConversation(name)
  for _, part in ipairs(redis.call('SMEMBERS', prefix .. 'parts:' .. name)) do
    redis.call('UNLINK', prefix .. 'transcript:' .. name .. ':' .. part, prefix .. 'uuids:' .. name .. ':' .. part)
  end
  redis.call('UNLINK', prefix .. 'parts:' .. name)
  redis.call('ZREM', prefix .. 'conversations', name)
end

local function forgetCheckpoints(id)
  local records = redis.call('HVALS', prefix .. 'checkpoints:' .. id)
  for _, record in ipairs(records) do
    for _, pack in ipairs(cjson.decode(string.match(record, ' (.*)')).packs) do
      if redis.call('HINCRBY', prefix .. 'pack-uses', pack, -1) <= 0 then
        redis.call('HDEL', prefix .. 'pack-uses', pack)
      end
    end
  end
  redis.call('UNLINK', prefix .. 'checkpoints:' .. id)
end

-- All that a session has; only its fence is remembered.
local function remove(id)
  redis.call('HSET', prefix .. 'fences-of-deleted', id, redis.call('HGET', sessionKey(id), 'fence'))
  for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'conversations-of:' .. id)) do
    if redis.call('HGET', prefix .. 'conversation:' .. name, 'session_id') == id then
      removeConversation(name)
      redis.call('UNLINK', prefix .. 'conversation:' .. name)
    end
  end
  forgetCheckpoints(id)
  redis.call('UNLINK', sessionKey(id), prefix .. 'events:' .. id, prefix .. 'event-ids:' .. id, prefix .. 'inbox:' .. id,
    prefix .. 'conversations-of:' .. id)
  redis.call('ZREM', prefix .. 'sessions', id)
  redis.call('ZREM', prefix .. 'expiring', id)
  redis.call('SREM', prefix .. 'departed', id)
  announce(id)
end

local function claimConversation(id, name, fence)
  local key = prefix .. 'conversation:' .. name
  local before = redis.call('HGET', key, 'session_id')
  if before and before ~= '' and before ~= id then
    redis.call('SREM', prefix .. 'conversations-of:' .. before, name)
  end
  redis.call('HSET', key, 'session_id', id)
  redis.call('HSETNX', key, 'fence', fence)
  redis.call('HSETNX', key, 'summary', '')
  redis.call('HSETNX', key, 'updated_at', whole(now))
  redis.call('SADD', prefix .. 'conversations-of:' .. id, name)
end

local function wholeSession(id)
  local answer = redis.call('HGETALL', sessionKey(id))
  table.insert(answer, 1, 'ok')
  return answer
end

local function take(id, event, priority, payload)
  if redis.call('HEXISTS', prefix .. 'event-ids:' .. id, event) == 1 then return end
  local key = prefix .. 'inbox:' .. id
  if redis.call('HEXISTS', key, event) == 1 then return end
  local position = redis.call('HINCRBY', sessionKey(id), 'inbox_position', 1)
  redis.call('HSET', key, event, whole(position) .. ' ' .. priority .. ' ' .. payload)
end
`
