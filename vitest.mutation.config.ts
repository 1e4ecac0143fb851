import { defineConfig } from 'vitest/config'

// Mutants of the domain meet the domain's own tests alone: quick, and no agent is started thousands of times.
export default defineConfig({
  test: {
    include: ['src/domain/**/*.test.ts'],
    setupFiles: 'test/support/fixed-seed.ts',
    testTimeout: 20_000,
    maxWorkers: 1,
    isolate: false,
  },
})
