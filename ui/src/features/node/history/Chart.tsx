import { Button, Skeleton, Text, Title } from '@mantine/core'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { exact } from '../../../app/format'
import { said } from '../../../app/i18n'
import { EmptyState } from '../../../components/States'
import type { Line } from './Plot'
import { type ChartKey, figure, hasPeaks, type Series, summary } from './series'

const Plot = lazy(() => import('./Plot'))

/** A piece of a line, as it is drawn. */
function Stroke({ hue, isPeak }: { hue: number; isPeak: boolean }) {
  return (
    <svg width="22" height="8" data-hue={hue} aria-hidden>
      <line
        x1="0"
        x2="22"
        y1="4"
        y2="4"
        stroke="currentColor"
        strokeWidth={isPeak ? 1 : 2}
        strokeDasharray={isPeak ? '2 3' : hue > 0 ? '8 4' : undefined}
      />
    </svg>
  )
}

const nameOf = (series: Series) => said(`history.series.${series.name}`) ?? series.name

/** The figures as a table: what the lines show, for whoever reads rather than looks. */
function FigureTable({ label, times, series }: { label: string; times: string[]; series: Series[] }) {
  const { t } = useTranslation()
  const none = (
    <Text component="span" size="sm" c="dimmed">
      {t('history.none')}
    </Text>
  )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-box chart-table" tabIndex={0} aria-label={t('history.tableOf', { what: label })}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('history.from')}</th>
            {series.map((one) => [
              <th key={one.name} scope="col" className="num">
                {t('history.averageOf', { what: nameOf(one) })}
              </th>,
              <th key={`${one.name} peak`} scope="col" className="num">
                {t('history.peakOf', { what: nameOf(one) })}
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={time}>
              <td>
                <time dateTime={time}>{exact(time)}</time>
              </td>
              {series.map((one) => [
                <td key={one.name} className="num">
                  {figure(one.average[index], one.unit) ?? none}
                </td>,
                <td key={`${one.name} peak`} className="num">
                  {figure(one.peak[index], one.unit) ?? none}
                </td>,
              ])}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** One chart: its lines, its words, and its table. */
export function Chart({
  chart,
  times,
  seconds,
  series,
  step,
  most,
  mark,
  time,
  point,
  onPoint,
}: {
  chart: ChartKey
  times: string[]
  seconds: number[]
  series: Series[]
  /** How long one point is, in seconds. */
  step: string
  most?: number
  mark?: number
  time: (seconds: number) => string
  /** The step under the crosshair of the page. */
  point: number | undefined
  onPoint: (index: number | undefined) => void
}) {
  const { t } = useTranslation()
  const [isTable, setTable] = useState(false)
  const title = said(`history.chart.${chart}`) ?? chart
  const unit = series[0]?.unit ?? 'count'
  const lines = useMemo(
    () =>
      series.flatMap((one, hue): Line[] => [
        { label: nameOf(one), values: one.average, hue, isPeak: false },
        ...(hasPeaks(one)
          ? [{ label: t('history.peakOf', { what: nameOf(one) }), values: one.peak, hue, isPeak: true }]
          : []),
      ]),
    [series, t],
  )
  const known = series.flatMap((one) => {
    const seen = summary(one)
    return seen ? [{ one, seen }] : []
  })
  const words = known.map(({ one, seen }) =>
    t('history.summary', {
      what: nameOf(one),
      average: figure(seen.average, one.unit),
      highest: figure(seen.highest, one.unit),
      at: exact(times[seen.highestAt] ?? ''),
      last: figure(seen.last, one.unit),
    }),
  )
  const missing = Math.min(...known.map(({ seen }) => seen.missing))
  if (known.length > 0 && missing > 0) words.push(t('history.gaps', { count: missing, step }))
  return (
    <section className="chart" aria-label={title}>
      <div className="chart-head">
        <Title order={2}>{title}</Title>
        {known.length > 0 && (
          <Button
            variant="default"
            size="compact-sm"
            aria-pressed={isTable}
            aria-label={t('history.asTableOf', { what: title })}
            onClick={() => setTable(!isTable)}
            className="no-print"
          >
            {t('history.asTable')}
          </Button>
        )}
      </div>
      {known.length === 0 ? (
        <EmptyState title={t('history.empty')}>{t('history.emptyHelp')}</EmptyState>
      ) : isTable ? (
        <FigureTable label={title} times={times} series={series} />
      ) : (
        <>
          <ul className="legend">
            {lines.map((line) => {
              const value = point === undefined ? undefined : line.values[point]
              return (
                <li key={line.label}>
                  <Stroke hue={line.hue} isPeak={line.isPeak} /> {line.label}
                  {point !== undefined && <strong> {figure(value, unit) ?? t('history.none')}</strong>}
                </li>
              )
            })}
          </ul>
          <Suspense fallback={<Skeleton h={180} />}>
            <Plot
              label={`${title}. ${words.join(' ')}`}
              times={seconds}
              lines={lines}
              most={most}
              isBinary={unit.startsWith('bytes')}
              tick={(value) => figure(value, unit) ?? ''}
              time={time}
              mark={mark}
              onPoint={onPoint}
            />
          </Suspense>
        </>
      )}
    </section>
  )
}
