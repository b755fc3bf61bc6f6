const KEPT = 'linking'
/** A provider answers within this time, or not at all. */
const LONGEST = 600_000

/** Remembers, in this window, that the browser leaves to link a provider. */
export const beginLinking = (provider: string) =>
  sessionStorage.setItem(KEPT, JSON.stringify({ provider, at: Date.now() }))

/** The provider that this window left for, once, if that was not long ago. */
export function cameBackFrom(): string | undefined {
  const kept = sessionStorage.getItem(KEPT)
  if (!kept) return undefined
  sessionStorage.removeItem(KEPT)
  try {
    const { provider, at } = JSON.parse(kept) as { provider: string; at: number }
    return Date.now() - at < LONGEST ? provider : undefined
  } catch {
    return undefined
  }
}
