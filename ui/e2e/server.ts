import { execFileSync } from 'node:child_process'

/** Runs a command on the test server, as root there. */
export function onServer(...command: string[]): string {
  const enter = (process.env.ENTER ?? '').split(' ').filter(Boolean)
  const [program, ...before] = enter
  if (!program) throw new Error("ENTER says how to get into the server, such as 'nsenter -t 4711 -a'")
  return execFileSync(program, [...before, ...command], { encoding: 'utf8', maxBuffer: 256 * 2 ** 20 })
}

/** The administrator's password; it is set before the first test. */
export const PASSWORD = 'a long walk by the grey sea 7'

/** Writes a file on the test server. */
export function toServer(content: Buffer, path: string) {
  const [program, ...before] = (process.env.ENTER ?? '').split(' ').filter(Boolean)
  if (!program) throw new Error("ENTER says how to get into the server, such as 'nsenter -t 4711 -a'")
  execFileSync(program, [...before, 'sh', '-c', 'cat > "$0"', path], { input: content })
}
