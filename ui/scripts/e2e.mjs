// All end-to-end tests, so that they take as little time as may be: what changes nothing comes first, then what changes the server,
// then what measures. Arguments go to Playwright, such as `--grep A3` or a file. With BAR_UNTIMED=1 nothing is held to a time: two at once are
// quicker then, and what only measures is left out.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

const given = process.argv.slice(2)
const isPart = given.length > 0
const isUntimed = process.env.BAR_UNTIMED === '1'
const RUNS = [['read', isUntimed ? 2 : 1], ['shots', 1], ['act', 1], ...(isUntimed ? [] : [['figures', 1]])]
if (!isPart) rmSync('node_modules/.cache/bar/browser.json', { force: true })
let isBroken = false
for (const [project, workers] of RUNS) {
  const options = [`--project=${project}`, `--workers=${workers}`, '--pass-with-no-tests', ...given]
  // the server is made ready for each run, and need not be for one without a test
  if (isPart) {
    const listed = spawnSync('npx', ['playwright', 'test', '--list', '--reporter=list', ...options], {
      encoding: 'utf8',
    })
    if (listed.status === 0 && /^Total: 0 tests/m.test(listed.stdout)) continue
  }
  const { status } = spawnSync('npx', ['playwright', 'test', ...options], {
    stdio: 'inherit',
    env: { ...process.env, BAR_KEEP: '1' },
  })
  isBroken ||= status !== 0
}
process.exit(isBroken ? 1 : 0)
