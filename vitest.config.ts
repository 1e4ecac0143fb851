import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/support/private-home.ts', 'test/support/shared-postgres.ts'],
    setupFiles: 'test/support/fixed-seed.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real agents are CPU-bound at their start: more workers than cores only makes them wait.
    maxWorkers: 2,
    // scripts/report-coverage.ts adds what processes of the tests reached, and holds the thresholds.
    coverage: {
      provider: 'v8',
      reporter: ['html', 'json'],
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/**/*.test-d.ts', 'src/**/*-contract.ts'],
    },
  },
})
