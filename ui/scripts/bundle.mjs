// B1 and B2 of the quality bar: two builds are the same to the last byte, and what is built has no source map, no address of a developer's
// machine, and nothing that looks like a secret.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const FORBIDDEN = [
  [/sourceMappingURL=/, 'a source map'],
  [/https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0|203\.0\.113\.\d+):\d+/, 'an address of a test'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|xox[bap]-[\w-]{10,})/, 'a token'],
  [/\/(home|root|work|builds?)\/[\w.-]+\//, 'a path of the machine that built it'],
]

/** The files of a build by their names, with a digest of each. */
async function made(name) {
  const out = `node_modules/.cache/bundle-${name}`
  await build({ root, logLevel: 'error', build: { outDir: out, emptyOutDir: true } })
  const folder = join(root, out)
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort()
  const digests = files.map((file) => [
    file,
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex'),
  ])
  const found = files
    .filter((file) => /\.(js|css|html|json|svg|map)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const isMap = file.endsWith('.map') ? [`${file}: a source map`] : []
      return [...isMap, ...FORBIDDEN.filter(([what]) => what.test(text)).map(([, name]) => `${file}: ${name}`)]
    })
  rmSync(folder, { recursive: true })
  return { digest: createHash('sha256').update(JSON.stringify(digests)).digest('hex'), found, files: files.length }
}

const [first, second] = [await made('first'), await made('second')]
const isSame = first.digest === second.digest
const results = [
  { id: 'B1', title: 'two builds', ok: isSame, figure: isSame ? `${first.files} files, the same` : 'they differ' },
  { id: 'B2', title: 'what is in the build', ok: first.found.length === 0, figure: `${first.found.length} found` },
]
for (const { id, title, ok, figure } of results) console.log(`${id} ${title}: ${figure}${ok ? '' : '  FAILED'}`)
for (const line of first.found) console.log(`  ${line}`)
const kept = join(root, 'node_modules/.cache/bar')
mkdirSync(kept, { recursive: true })
writeFileSync(join(kept, 'bundle.json'), JSON.stringify(results))
process.exit(results.every((result) => result.ok) ? 0 : 1)
