import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FullResult, Reporter, TestCase, TestResult, TestStep } from '@playwright/test/reporter'
import type { Figure } from './bar'

/** Where the parts of the quality bar leave what they found; `npm run bar` makes one table of it. */
const KEPT = new URL('../node_modules/.cache/bar/', import.meta.url).pathname
const IDS = /\b([A-Z]\d{1,2})\b/g

type Found = { id: string; title: string; ok: boolean }

const idsOf = (text: string) => [...text.matchAll(IDS)].map((match) => match[1] ?? '')

/**
 * Keeps, for each rule of the quality bar, which tests were about it and how they went. A test names its rules in its title; where a step
 * of it names one, that step decides about it.
 */
export default class BarReporter implements Reporter {
  private readonly tests = new Map<string, { found: Found[]; figures: Figure[] }>()

  onTestEnd(test: TestCase, result: TestResult) {
    if (result.status === 'skipped') return
    const title = test.titlePath().slice(3).join(' › ')
    const steps = result.steps.flatMap(function all(step: TestStep): TestStep[] {
      return [step, ...step.steps.flatMap(all)]
    })
    const own = new Map<string, boolean>()
    for (const id of idsOf(title)) own.set(id, result.status === 'passed')
    const named = new Map<string, boolean>()
    for (const step of steps) {
      if (step.category !== 'test.step') continue
      // what failed within a test that passed was expected to
      const ok = result.status === 'passed' || !hasFailed(step)
      for (const id of idsOf(step.title)) named.set(id, (named.get(id) ?? true) && ok)
    }
    for (const [id, ok] of named) own.set(id, ok)
    const found = [...own].map(([id, ok]) => ({ id, title, ok }))
    const figures = test.annotations
      .concat(result.annotations)
      .filter(({ type }) => type === 'figure')
      .map(({ description }) => JSON.parse(description ?? '{}') as Figure)
    this.tests.set(`${test.parent.project()?.name} ${title}`, { found, figures: unique(figures) })
  }

  onEnd(_: FullResult) {
    mkdirSync(KEPT, { recursive: true })
    const file = join(KEPT, 'browser.json')
    const before: Record<string, unknown> = process.env.BAR_KEEP ? read(file) : {}
    for (const [name, value] of this.tests) before[name] = value
    writeFileSync(file, JSON.stringify(before))
  }
}

const hasFailed = (step: TestStep): boolean => step.error !== undefined || step.steps.some(hasFailed)
const unique = (figures: Figure[]) => [...new Map(figures.map((one) => [JSON.stringify(one), one])).values()]

function read(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
