import { z } from 'zod'
import { hasLogin } from '../../gateway/wire/base-url.ts'
import { tenantPattern } from '../../gateway/credentials/tenant-pattern.ts'

const text = z.string().trim().min(1)
const positive = z.number().positive()
const url = z
  .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
  .refine((address) => !URL.canParse(address) || !hasLogin(new URL(address)), {
    error: 'holds a user name or a password: keep secrets out of URLs',
  })

const places = ['env', 'file', 'command', 'vault'] as const

/** Where a secret comes from: exactly one of the four. */
const placeFields = {
  /** Name of an environment variable. */
  env: text.optional(),
  /** A file with the secret and nothing else; relative to the configuration's folder, `~/` is the home. */
  file: text.optional(),
  /** A program with its arguments that prints the secret; one text needs `shell: true`. */
  command: z.union([text, z.array(z.string()).nonempty()]).optional(),
  /** Name of a secret in the vault. */
  vault: text.optional(),
  /** Lets a shell read the command. */
  shell: z.boolean().optional(),
  /** How long a command's or the vault's answer is used. Default: 300 for a command, 30 for the vault. */
  ttlSeconds: positive.optional(),
  /** How long a command may take. Default: 30. */
  timeoutSeconds: positive.optional(),
}

type Placed = { readonly [Name in keyof typeof placeFields]?: unknown }

const hasOnePlace = (value: Placed): boolean => places.filter((name) => value[name] !== undefined).length === 1
const onePlace = { error: `needs exactly one of ${places.join(', ')}` }
const hasShell = ({ command, shell }: Placed): boolean => (typeof command === 'string') === (shell === true)
const needsShell = {
  error: 'is a list, or one text with shell: true',
  path: ['command'],
}

const secretPlace = z.strictObject(placeFields).refine(hasOnePlace, onePlace).refine(hasShell, needsShell)

const limits = z.strictObject({
  maxConcurrent: positive.int().optional(),
  requestsPerMinute: positive.optional(),
  inputTokensPerMinute: positive.optional(),
  outputTokensPerMinute: positive.optional(),
})

const modelKey = z
  .strictObject({
    ...placeFields,
    /** Default: `apiKey`. */
    kind: z.enum(['apiKey', 'authToken']).optional(),
    baseUrl: url.optional(),
    /** `organization/workspace`, `*` for any letters: who uses this key, and nobody else. */
    tenants: z
      .array(z.string().regex(tenantPattern, 'is written organization/workspace, with * for any letters'))
      .nonempty()
      .optional(),
    /** Of the key, over all its tenants. */
    limits: limits.optional(),
    /** Of each of its tenants. */
    tenantLimits: limits.optional(),
  })
  .refine(hasOnePlace, onePlace)
  .refine(hasShell, needsShell)

export const configurationSchema = z.strictObject({
  model: z
    .strictObject({
      keys: z
        .record(z.string().regex(/^[A-Za-z0-9_-]+$/, 'is no name for a key: letters, digits, _ and -'), modelKey)
        .optional(),
      /** For the keys that name none, and for the key of the environment. */
      baseUrl: url.optional(),
      /** Lets keys travel to another machine over plain http. */
      allowInsecure: z.boolean().optional(),
      /** A JSON file of prices that differ from the public list. */
      prices: text.optional(),
      /** When an answer counts as stalled. */
      stall: z
        .strictObject({
          streamStartTimeoutMs: positive.optional(),
          firstByteTimeoutMs: positive.optional(),
          idleTimeoutMs: positive.optional(),
        })
        .optional(),
      /** Another gateway that holds the keys; all requests go there. */
      gateway: z.strictObject({ url, tokenFrom: secretPlace }).optional(),
    })
    .optional(),
})

/** What a configuration file says. */
export type Configuration = z.output<typeof configurationSchema>
export type ModelConfiguration = NonNullable<Configuration['model']>
export type ModelKeyConfiguration = NonNullable<ModelConfiguration['keys']>[string]
export type SecretPlace = z.output<typeof secretPlace>
