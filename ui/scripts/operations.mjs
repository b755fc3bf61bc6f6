// Generates src/api/operations.ts: what the browser must know of each operation of the API at run time.
// `--check` fails where the committed file is stale.
import { readFileSync, writeFileSync } from 'node:fs'

const source = new URL('../../docs/reference/openapi.json', import.meta.url)
const target = new URL('../src/api/operations.ts', import.meta.url)
const description = JSON.parse(readFileSync(source, 'utf8'))

const lines = []
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    if (method === 'parameters') continue
    const has = (name) => (operation.parameters ?? []).some((parameter) => parameter.name === name)
    const access = operation['x-access'] ?? {}
    const facts = [
      `id: '${operation.operationId}'`,
      access.permission && `permission: '${access.permission}'`,
      access.who && `who: '${access.who}'`,
      access.by && `by: '${access.by}'`,
      access.step_up && 'stepUp: true',
      has('dry_run') && 'planned: true',
      has('overwrite') && 'overwrite: true',
    ]
    lines.push(`  '${method.toUpperCase()} ${path}': { ${facts.filter(Boolean).join(', ')} },`)
  }
}

const text = `// Generated from docs/reference/openapi.json by \`npm run gen\`. Do not edit.

/** What is known of an operation beside its types. */
export type Operation = {
  id: string
  /** Who calls it needs this permission. */
  permission?: string
  who?: string
  by?: string
  /** The password or a code must have been shown within the last minutes. */
  stepUp?: true
  /** It takes dry_run and expect_plan. */
  planned?: true
  /** It takes overwrite. */
  overwrite?: true
}

/** Every operation, by method and path. */
export const operations: Record<string, Operation> = {
${lines.join('\n')}
}
`

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/api/operations.ts is stale: run `npm run gen`')
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
}
