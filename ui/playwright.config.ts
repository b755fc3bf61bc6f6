import { defineConfig } from '@playwright/test'

/** Against a real panel: `cargo xtask host --then 'npm --prefix ui run e2e'` boots one and sets PANEL and ENTER. */
export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  globalSetup: './e2e/setup.ts',
  use: {
    baseURL: process.env.PANEL,
    ignoreHTTPSErrors: true,
    storageState: 'test-results/.session.json',
    locale: 'en-GB',
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 860 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] },
  },
})
