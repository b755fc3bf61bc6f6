import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { precompress } from './scripts/precompress.ts'
import { preload } from './scripts/preload.ts'

/** A panel to develop against, such as https://203.0.113.2:8443 of `cargo xtask host`. */
const panel = process.env.PANEL ?? 'https://127.0.0.1:8443'

const toPanel = {
  target: panel,
  secure: false,
  changeOrigin: true,
  headers: { origin: panel },
}

export default defineConfig({
  plugins: [react(), preload(), precompress()],
  // light-dark() is taken as it is by the browsers that the panel is made for
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    manifest: true,
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': toPanel, '/login': toPanel, '/page.js': toPanel, '/page.css': toPanel } },
  preview: { proxy: { '/api': toPanel, '/login': toPanel, '/page.js': toPanel, '/page.css': toPanel } },
  test: {
    environment: 'jsdom',
    setupFiles: './src/test/setup.ts',
    testTimeout: 20_000,
    include: ['src/**/*.test.{ts,tsx}'],
    environmentOptions: { jsdom: { url: 'https://panel.test:8443/' } },
  },
})
