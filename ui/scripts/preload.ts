// The entry is small and begins the application once it runs. So that a browser asks for both at once, index.html names the application's files.
import type { Plugin } from 'vite'

const BEGINS = 'start'

export function preload(): Plugin {
  return {
    name: 'preload',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((part) => part.type === 'chunk')
        const isEntry = (file: string) => chunks.some((chunk) => chunk.fileName === file && chunk.isEntry)
        const start = chunks.find((chunk) => chunk.name === BEGINS)
        if (!start) throw new Error('there is no chunk that begins the application')
        return [start.fileName, ...start.imports.filter((file) => !isEntry(file))].map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` },
          injectTo: 'head' as const,
        }))
      },
    },
  }
}
