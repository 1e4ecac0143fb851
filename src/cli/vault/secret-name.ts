export const secretName = {
  name: { type: 'positional', required: true, description: 'Name of the secret: letters, digits, . _ / -' },
} as const
