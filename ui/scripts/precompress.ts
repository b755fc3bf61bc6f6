// Writes FILE.br and FILE.gz beside each file of the build, so that the panel compresses nothing while it serves.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const LEAST = 1024
const COMPRESSIBLE = /\.(css|js|json|svg|txt)$/

export function precompress(): Plugin {
  let out = 'dist'
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      out = join(config.root, config.build.outDir)
    },
    closeBundle() {
      for (const name of readdirSync(out, { recursive: true }).map(String)) {
        const file = join(out, name)
        // what is hidden is not served, and index.html gets a nonce in every answer
        if (name.startsWith('.') || !COMPRESSIBLE.test(file) || !statSync(file).isFile()) continue
        const plain = readFileSync(file)
        if (plain.length < LEAST) continue
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length }
        writeFileSync(`${file}.br`, brotliCompressSync(plain, { params }))
        writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }))
      }
    },
  }
}
