const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g
/** More than any chain and its key. */
const MOST = 256 * 1024

/** What files held: certificates, and the private keys that were among them. */
export type Parts = { chain: string; key: string }

const joined = (blocks: string[]) => (blocks.length ? `${blocks.join('\n')}\n` : '')

/** The certificates of a text in PEM, and its private keys. What comes before, between and behind them is left out. */
export function partsOf(text: string): Parts {
  const blocks = [...text.replaceAll('\r\n', '\n').matchAll(BLOCK)]
  const of = (wants: (kind: string) => boolean) =>
    joined(blocks.filter(([, kind]) => wants(kind ?? '')).map(([block]) => block))
  // the parameters of a curve stand before a key of it, and say nothing that is not in the key
  return {
    chain: of((kind) => kind.endsWith('CERTIFICATE')),
    key: of((kind) => kind.endsWith('PRIVATE KEY')),
  }
}

/** Reads files that somebody chose; undefined: they are no certificates and no keys in PEM. */
export async function readPem(files: readonly File[]): Promise<Parts | undefined> {
  if (files.some((file) => file.size > MOST)) return undefined
  const texts = await Promise.all(files.map((file) => file.text()))
  const parts = partsOf(texts.join('\n'))
  return parts.chain || parts.key ? parts : undefined
}
