import { readScript, writeScript } from './define-script.ts'
import { sessionFunctions } from './session-functions.ts'

/** Pack, where its pieces are: they become the pack at once, unless it is there already. */
export const completePack = writeScript(`
local pack = prefix .. 'pack:' .. args[1]
if redis.call('EXISTS', pack) == 1 then redis.call('UNLINK', args[2])
elseif redis.call('EXISTS', args[2]) == 0 then return {'lost'}
else
  redis.call('RENAME', args[2], pack)
  redis.call('PERSIST', pack)
end
redis.call('ZADD', prefix .. 'packs', whole(now), args[1])
return {'ok'}`)

/** Pack: it was asked for, if it is there. */
export const touchPack = writeScript(`
if redis.call('EXISTS', prefix .. 'pack:' .. args[1]) == 0 then return {'missing'} end
redis.call('ZADD', prefix .. 'packs', whole(now), args[1])
return {'ok'}`)

/** Packs: those that are not here. */
export const missingPacks = readScript(`
local missing = {}
for _, pack in ipairs(args) do
  if redis.call('EXISTS', prefix .. 'pack:' .. pack) == 0 then table.insert(missing, pack) end
end
return missing`)

/** Session, id, parent or nothing, record, packs. */
export const putRecord = writeScript(`
local key = prefix .. 'checkpoints:' .. args[1]
if args[3] ~= '' and redis.call('HEXISTS', key, args[3]) == 0 then return {'incomplete'} end
for index = 5, #args do
  if redis.call('EXISTS', prefix .. 'pack:' .. args[index]) == 0 then return {'incomplete'} end
end
if redis.call('HSETNX', key, args[2], whole(redis.call('HLEN', key)) .. ' ' .. args[4]) == 1 then
  for index = 5, #args do redis.call('HINCRBY', prefix .. 'pack-uses', args[index], 1) end
end
return {'ok'}`)

/** Session, id. */
export const readRecord = readScript(`
return {redis.call('HGET', prefix .. 'checkpoints:' .. args[1], args[2]) or ''}`)

/** Session: \`position record\` of each. */
export const readRecords = readScript(`return redis.call('HVALS', prefix .. 'checkpoints:' .. args[1])`)

/** Session. */
export const deleteRecords = writeScript(`${sessionFunctions}
forgetCheckpoints(args[1])
return {'ok'}`)

/** Milliseconds: removes some packs that no record names, and says how many there were to look at, and how many went. */
export const deleteUnusedPacks = writeScript(`
local packs = redis.call('ZRANGEBYSCORE', prefix .. 'packs', '-inf', whole(now - args[1]), 'LIMIT', args[2], 100)
local removed = 0
for _, pack in ipairs(packs) do
  if redis.call('HEXISTS', prefix .. 'pack-uses', pack) == 0 then
    redis.call('UNLINK', prefix .. 'pack:' .. pack)
    redis.call('ZREM', prefix .. 'packs', pack)
    removed = removed + 1
  end
end
return {whole(#packs), whole(removed)}`)
