import { addressOf, type Change, etag } from './change'

/** Names of values that are nobody else's; `key` is a private one, while `key_id` and `ssh_keys` are not. */
const SECRET = /password|secret|token|code|^key$/i

/** Values that must not lie in a shell's history. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  if (!value || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      SECRET.test(key) && typeof child === 'string' && child ? '...' : masked(child),
    ]),
  )
}

/** A word of a POSIX shell. */
const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** The change as a call of curl. */
export function asCurl(change: Change, origin = location.origin): string {
  const words = ['curl', '-X', change.method, quoted(origin + addressOf(change))]
  words.push('-H', quoted('Authorization: Bearer hf_...'))
  if (change.generation !== undefined) words.push('-H', quoted(`If-Match: ${etag(change.generation)}`))
  if (change.body !== undefined) {
    words.push('-H', quoted('Content-Type: application/json'), '-d', quoted(JSON.stringify(masked(change.body))))
  }
  return words.join(' ')
}

/** The change as a command on the server. */
export function asCommand(change: Change): string {
  const words = ['holdfast', 'api', change.method, quoted(addressOf(change).replace(/^\/api\/v1/, ''))]
  if (change.body !== undefined) words.push(quoted(JSON.stringify(masked(change.body))))
  if (change.generation !== undefined) words.push('--if-match', quoted(etag(change.generation)))
  return words.join(' ')
}
