import { defineConfig } from 'vitest/config'

const WHOLE_CITY = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 180_000 }

export default defineConfig({
  test: {
    // Most of these wait for a chain or a database process of their own: on two cores one at a time wastes half.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      // Each file of these starts the whole city: one after the other, or they would only time each other out. Those with
      // a browser and those without wait for different things, so that one of each runs well on two cores.
      {
        test: {
          name: 'services',
          include: ['test/{conformance,faults,interop,malformed,services}/**/*.test.ts'],
          ...WHOLE_CITY,
        },
      },
      { test: { name: 'journeys', include: ['test/e2e/**/*.test.ts'], ...WHOLE_CITY } },
    ],
  },
})
