import { test } from '@playwright/test'

/** A measured value of a rule of the quality bar (docs/dev/quality-bar.md); the reporter takes the worst of a run. */
export type Figure = { id: string; name: string; value: number; unit: string; limit?: number }

/** What takes how long is a matter of what else the machine does: where this is set, it is kept, and fails nothing. */
const isUntimed = process.env.BAR_UNTIMED === '1'

/** Measures something for the quality bar: it is kept with the test, and where it is over its limit the test fails. */
export function figure(id: string, name: string, value: number, unit: string, limit?: number) {
  const found: Figure = { id, name, value: Math.round(value * 1000) / 1000, unit, limit }
  test.info().annotations.push({ type: 'figure', description: JSON.stringify(found) })
  if (isUntimed && unit === 'ms') return
  test.expect.soft(found.value, `${id} ${name}`).toBeLessThanOrEqual(limit ?? Number.POSITIVE_INFINITY)
}
