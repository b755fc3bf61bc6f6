import { Button, SegmentedControl, Skeleton, Stack, Text, Title, useComputedColorScheme } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../../api/problem'
import { queries } from '../../../api/queries'
import { bytes, moment, number } from '../../../app/format'
import { useUrl } from '../../../app/url'
import { Facts } from '../../../components/Page'
import { EmptyState, ErrorState } from '../../../components/States'
import { busiest, everyDay, RANGES, type TrafficDay } from './days'
import '../../node/history/plot.css'

const Plot = lazy(() => import('../../node/history/Plot'))

const FIGURES = [
  { key: 'requests', hue: 0, tell: (value: number) => number(value) },
  { key: 'bytes', hue: 1, tell: bytes },
] as const

/** One figure of all days: its line, its words. */
function DayChart({
  figure: { key, hue, tell },
  days,
  seconds,
  onPoint,
}: {
  figure: (typeof FIGURES)[number]
  days: TrafficDay[]
  seconds: number[]
  onPoint: (index: number | undefined) => void
}) {
  const { t } = useTranslation()
  const scheme = useComputedColorScheme('light')
  const what = t(`traffic.${key}`)
  const lines = useMemo(
    () => [{ label: what, values: days.map((day) => day[key]), hue, isPeak: false }],
    [what, days, key, hue],
  )
  const most = busiest(days, key)
  const sum = days.reduce((sum, day) => sum + day[key], 0)
  const label = t('traffic.summary', { what, sum: tell(sum), highest: tell(most?.[key] ?? 0), day: most?.day ?? '' })
  const time = useCallback((value: number) => moment(value * 1000, 'day'), [])
  return (
    <section className="chart" aria-label={what}>
      <div className="chart-head">
        <Title order={2}>{what}</Title>
      </div>
      <Suspense fallback={<Skeleton h={180} />}>
        <Plot
          scheme={scheme}
          label={label}
          times={seconds}
          lines={lines}
          isBinary={key === 'bytes'}
          tick={tell}
          time={time}
          onPoint={onPoint}
        />
      </Suspense>
    </section>
  )
}

function DayTable({ days }: { days: TrafficDay[] }) {
  const { t } = useTranslation()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-box chart-table" tabIndex={0} aria-label={t('traffic.table')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('traffic.day')}</th>
            <th scope="col" className="num">
              {t('traffic.requests')}
            </th>
            <th scope="col" className="num">
              {t('traffic.bytes')}
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.day}>
              <td className="num">{day.day}</td>
              <td className="num">{number(day.requests)}</td>
              <td className="num">{bytes(day.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** What a site's visitors asked for and were sent, day by day. */
export function SiteTraffic({ site }: { site: Schemas['Site'] }) {
  const { t } = useTranslation()
  const [{ range: asked }, setUrl] = useUrl()
  const range = RANGES.find((range) => range === asked) ?? RANGES[0]
  const [isTable, setTable] = useState(false)
  const [point, setPoint] = useState<number>()
  const read = useQuery({ ...queries.siteTraffic(site.id, Number(range)), placeholderData: keepPreviousData })
  const traffic = read.data
  const days = useMemo(() => everyDay(traffic?.items ?? [], Number(range), Date.now()), [traffic, range])
  // where the axis begins a day, so that it is named as the panel counts it
  const seconds = useMemo(() => days.map((day) => Date.parse(`${day.day}T00:00:00`) / 1000), [days])
  if (read.error && !traffic) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!traffic) return <Skeleton h={320} />
  const here = point === undefined ? undefined : days[point]
  const month = traffic.account_month
  const limit = month?.limit_bytes
  const sent =
    month &&
    (limit == null ? bytes(month.bytes) : t('traffic.ofLimit', { bytes: bytes(month.bytes), limit: bytes(limit) }))
  return (
    <Stack>
      <SegmentedControl
        aria-label={t('traffic.range')}
        value={range}
        onChange={(next) => setUrl({ range: next === RANGES[0] ? undefined : next }, true)}
        data={RANGES.map((value) => ({ value, label: t('traffic.days', { days: value }) }))}
        style={{ alignSelf: 'flex-start', flexWrap: 'wrap', maxWidth: '100%' }}
      />
      <Facts
        rows={[
          [
            t('traffic.total', { days: range }),
            `${bytes(traffic.bytes)} · ${t('traffic.requests')}: ${number(traffic.requests)}`,
          ],
          ...(month ? [[t('traffic.month', { since: month.since }), sent] as [string, string]] : []),
        ]}
      />
      {traffic.items.length === 0 ? (
        <EmptyState title={t('traffic.empty')}>{t('traffic.emptyHelp')}</EmptyState>
      ) : (
        <>
          <Text c="dimmed" aria-live="polite" mih={20}>
            {here
              ? `${here.day} · ${t('traffic.requests')}: ${number(here.requests)} · ${t('traffic.bytes')}: ${bytes(here.bytes)}`
              : t('traffic.help')}
          </Text>
          <div className="charts">
            {FIGURES.map((figure) => (
              <DayChart key={figure.key} figure={figure} days={days} seconds={seconds} onPoint={setPoint} />
            ))}
          </div>
          <Button
            variant="default"
            size="xs"
            aria-pressed={isTable}
            onClick={() => setTable(!isTable)}
            style={{ alignSelf: 'flex-start' }}
          >
            {t('traffic.asTable')}
          </Button>
          {isTable && <DayTable days={days} />}
        </>
      )}
    </Stack>
  )
}
