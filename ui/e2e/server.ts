import { execFileSync } from 'node:child_process'

/** Runs a command on the test server, as root there. */
export function onServer(...command: string[]): string {
  const enter = (process.env.ENTER ?? '').split(' ').filter(Boolean)
  const [program, ...before] = enter
  if (!program) throw new Error("ENTER says how to get into the server, such as 'nsenter -t 4711 -a'")
  return execFileSync(program, [...before, ...command], { encoding: 'utf8' })
}

/** The administrator's password; it is set before the first test. */
export const PASSWORD = 'a long walk by the grey sea 7'
