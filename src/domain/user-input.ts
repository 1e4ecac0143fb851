import { z } from 'zod'
import { eventIdSchema } from './ids.ts'
import type { DraftOfType } from './session-event.ts'

const textBlock = z.strictObject({ type: z.literal('text'), text: z.string().min(1, 'a text block must not be empty') })

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: z.base64(),
    }),
    z.strictObject({ type: z.literal('url'), url: z.url() }),
  ]),
})

const documentBlock = z.strictObject({
  type: z.literal('document'),
  title: z.string().nullish(),
  context: z.string().nullish(),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.string(), data: z.base64() }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
    z.strictObject({ type: z.literal('url'), url: z.url() }),
  ]),
})

/** Content of a user's message: text, images and documents. */
export const userContentSchema = z
  .array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock]))
  .min(1, 'a message needs at least one block')
export type UserContent = z.infer<typeof userContentSchema>

export const userMessageSchema = z.strictObject({ type: z.literal('user.message'), content: userContentSchema })
export const userInterruptSchema = z.strictObject({
  type: z.literal('user.interrupt'),
  session_thread_id: z.string().nullish(),
})
export const userToolConfirmationSchema = z
  .strictObject({
    type: z.literal('user.tool_confirmation'),
    tool_use_id: eventIdSchema,
    result: z.enum(['allow', 'deny']),
    deny_message: z.string().nullish(),
  })
  .refine((value) => value.result === 'deny' || value.deny_message == null, {
    path: ['deny_message'],
    error: 'deny_message goes with result "deny" only',
  })

/** What may enter a session from outside; everything else is written by the runtime. */
export const userInputSchema = z.discriminatedUnion('type', [
  userMessageSchema,
  userInterruptSchema,
  userToolConfirmationSchema,
])

/** An input that has its id. */
export type UserInputEvent =
  | DraftOfType<'user.message'>
  | DraftOfType<'user.interrupt'>
  | DraftOfType<'user.tool_confirmation'>

/** A plain string as the content of a message. */
export const textContent = (text: string): UserContent => [{ type: 'text', text }]
