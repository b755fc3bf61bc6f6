/** How much of a work is done. Without an end that is known, it says so by having none. */
export function Progress({ label, done, of }: { label: string; done: number; of?: number }) {
  return <progress className="progress" aria-label={label} value={of === undefined ? undefined : done} max={of || 1} />
}
