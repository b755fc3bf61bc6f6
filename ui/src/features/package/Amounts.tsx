import { Stack, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { bytes, number } from '../../app/format'
import { said } from '../../app/i18n'

type Known = Schemas['KnownLimit']

/** Limits as they are typed: empty is as usual, `unlimited`, or a number, of bytes with K, M, G or T behind it. */
export type Amounts = Record<string, string>

const FACTORS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }
const isBytes = (unit: string) => unit === 'bytes' || unit === 'bytes_per_month'

/** What was typed, as the API takes it: null is as usual. What is no amount is sent as it is, and refused there with a reason. */
export function amountFrom(text: string, unit: string): number | string | null {
  const typed = text.trim()
  if (typed === '') return null
  const found = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?$/i.exec(typed)
  if (!found || (found[2] && !isBytes(unit))) return typed
  return Math.round(Number(found[1]) * (FACTORS[(found[2] ?? '').toUpperCase()] ?? 1))
}

/** An amount of the API as it is typed. */
export function amountText(value: unknown, unit: string): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'number' || !isBytes(unit)) return String(value)
  const fits = ['T', 'G', 'M', 'K'].find(
    (letter) => value >= (FACTORS[letter] ?? 1) && value % (FACTORS[letter] ?? 1) === 0,
  )
  return fits ? `${value / (FACTORS[fits] ?? 1)}${fits}` : String(value)
}

/** An amount for people. */
export function amountWords(value: unknown, unit: string, unlimited: string): string {
  if (value === 'unlimited') return unlimited
  if (typeof value !== 'number') return String(value ?? '')
  if (isBytes(unit)) return bytes(value)
  return unit === 'percent' ? `${number(value)} %` : number(value)
}

export const amountsOf = (known: Known[], values: Record<string, unknown>): Amounts =>
  Object.fromEntries(known.map((limit) => [limit.name, amountText(values[limit.name], limit.unit)]))

/** What is to be otherwise, as the API takes it. */
export function amountsChanged(known: Known[], before: Amounts, after: Amounts): Record<string, unknown> {
  const changed = known.filter((limit) => before[limit.name] !== after[limit.name])
  return Object.fromEntries(changed.map((limit) => [limit.name, amountFrom(after[limit.name] ?? '', limit.unit)]))
}

/** One field for each limit. */
export function AmountFields<V extends { limits: Amounts }>({
  known,
  form,
  absent,
}: {
  known: Known[]
  form: UseFormReturnType<V>
  /** What an empty field means. */
  absent: string
}) {
  const { t } = useTranslation()
  return (
    <Stack gap="sm" component="section" aria-label={t('amount.title')}>
      {known.map((limit) => (
        <TextInput
          key={limit.name}
          label={said(`limit.${limit.name}`) ?? limit.words}
          description={t('amount.help', {
            unit: said(`unit.${limit.unit}`) ?? limit.unit,
            absent,
            usual: amountWords(limit.usual, limit.unit, t('plan.unlimited')),
          })}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps(`limits.${limit.name}`)}
        />
      ))}
    </Stack>
  )
}
