import { defineConfig } from '@playwright/test'

/**
 * Against a real panel: `cargo xtask host --then 'npm --prefix ui run e2e'` boots one and sets PANEL and ENTER.
 *
 * - `read`: changes nothing on the server, so its tests run beside each other.
 * - `act`: changes it, one test after the other.
 * - `figures`: measures, alone.
 * - `shots`: the guide's pictures, and whether they are still so.
 */
const READ = ['pages', 'layers', 'faults', 'languages', 'palette'].map((name) => `${name}.spec.ts`)

export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['./e2e/reporter.ts']],
  globalSetup: './e2e/setup.ts',
  projects: [
    { name: 'read', testMatch: READ, fullyParallel: true },
    { name: 'act', testIgnore: [...READ, 'figures.spec.ts', 'shots.spec.ts'] },
    { name: 'figures', testMatch: 'figures.spec.ts' },
    { name: 'shots', testMatch: 'shots.spec.ts', snapshotPathTemplate: '../docs/guide/pictures/{arg}{ext}' },
  ],
  use: {
    baseURL: process.env.PANEL,
    ignoreHTTPSErrors: true,
    storageState: 'test-results/.session.json',
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 860 },
    actionTimeout: 15_000,
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] },
  },
})
