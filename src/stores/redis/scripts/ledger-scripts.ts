import { readScript, writeScript } from './define-script.ts'

/** How often the books of the organization were written. */
const changes = '@:ledger:changes'

/** `field key name` for a value, \`hash key\` for all of one: the time, the number of changes, and what was asked for. */
export const readPages = readScript(`
local answer, index = {whole(now), redis.call('GET', prefix .. '${changes}') or '0'}, 1
while index <= #args do
  if args[index] == 'field' then
    table.insert(answer, redis.call('HGET', prefix .. args[index + 1], args[index + 2]) or '')
    index = index + 3
  else
    table.insert(answer, redis.call('HGETALL', prefix .. args[index + 1]))
    index = index + 2
  end
end
return answer`)

/** Index, hash of the entries, first and last time, how many to pass over, how many to read. */
export const readEntries = readScript(`
local ids = redis.call('ZRANGEBYSCORE', prefix .. args[1], args[3], args[4], 'LIMIT', args[5], args[6])
local found = {}
for _, id in ipairs(ids) do table.insert(found, redis.call('HGET', prefix .. args[2], id)) end
return found`)

export const readWorkspaces = readScript(`return redis.call('SMEMBERS', prefix .. '@:ledger:workspaces')`)

/**
 * Compares and sets: the number of changes that there must have been, or nothing; how many values must be as they were, \`key
 * name value\` of each; how many are set, or removed where the new one is empty, \`key name value\` of each; \`index time
 * id\` of new entries; workspaces that have any.
 */
export const writePages = writeScript(`
if args[1] ~= '' and (redis.call('GET', prefix .. '${changes}') or '0') ~= args[1] then return {'changed'} end
local index = 3
for _ = 1, tonumber(args[2]) do
  if (redis.call('HGET', prefix .. args[index], args[index + 1]) or '') ~= args[index + 2] then return {'changed'} end
  index = index + 3
end
local count = tonumber(args[index])
index = index + 1
for _ = 1, count do
  if args[index + 2] == '' then redis.call('HDEL', prefix .. args[index], args[index + 1])
  else redis.call('HSET', prefix .. args[index], args[index + 1], args[index + 2]) end
  index = index + 3
end
count = tonumber(args[index])
index = index + 1
for _ = 1, count do
  redis.call('ZADD', prefix .. args[index], args[index + 1], args[index + 2])
  index = index + 3
end
for rest = index, #args do redis.call('SADD', prefix .. '@:ledger:workspaces', args[rest]) end
redis.call('INCR', prefix .. '${changes}')
return {'ok'}`)
