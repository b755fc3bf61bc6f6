import { Button, Group, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../../api/queries'
import { useEvents } from '../../../app/events'
import { duration, exact, moment, number, zone } from '../../../app/format'
import { useUrl } from '../../../app/url'
import { EventLine } from '../../../components/EventLine'
import { ErrorState } from '../../../components/States'
import { Chart } from './Chart'
import { CHARTS, POINTS, RANGES, type RangeKey, rangeOf, type Series, windowOf } from './series'
import './plot.css'

const EVENTS = 20

/** How the server fared: one time for all charts, and one crosshair. */
export function History() {
  const { t } = useTranslation()
  const [{ range: asked, at }, setUrl] = useUrl()
  const range = rangeOf(asked)
  const mark = at === undefined || Number.isNaN(Date.parse(at)) ? undefined : Date.parse(at) / 1000
  const node = useQuery(queries.node())
  const read = useQuery({
    ...queries.metrics({
      key: `${range} ${mark ?? ''}`,
      ask: () => ({ ...windowOf(range, at, Date.now()), points: POINTS }),
    }),
    placeholderData: keepPreviousData,
    refetchInterval: mark === undefined ? 30_000 : false,
  })
  const { events } = useEvents()
  const [point, setPoint] = useState<number>()
  const onPoint = useCallback((index: number | undefined) => setPoint(index), [])
  const metrics = read.data
  const seconds = useMemo(() => (metrics?.times ?? []).map((time) => Date.parse(time) / 1000), [metrics])
  const byName = useMemo(() => new Map((metrics?.series ?? []).map((series) => [series.name, series])), [metrics])
  const charts = useMemo(
    () =>
      CHARTS.map((chart) => ({
        ...chart,
        shown: chart.series.flatMap((name): Series[] => {
          const series = byName.get(name)
          // swap that is not used says nothing
          const isIdle = name === 'swap' && series?.peak.every((value) => !value)
          return series && !isIdle ? [series] : []
        }),
      })).filter((chart) => chart.shown.length > 0),
    [byName],
  )
  const time = useCallback(
    (value: number) => moment(value * 1000, RANGES[range] > 2 * 86_400 ? 'day' : 'time'),
    [range],
  )
  const host = node.data?.host
  const most: Record<string, number | undefined> = { cpu: 1, memory: host?.memory_total, disk: host?.disk_total }
  const here = point === undefined ? undefined : metrics?.times[point]
  const within = metrics
    ? events.filter((event) => event.last_at >= metrics.from && event.at <= metrics.to).slice(0, EVENTS)
    : []
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t('history.range')}
          value={range}
          onChange={(next) => setUrl({ range: next === '24h' ? undefined : next }, true)}
          data={(Object.keys(RANGES) as RangeKey[]).map((value) => ({ value, label: t(`history.ranges.${value}`) }))}
        />
        {mark !== undefined && (
          <Group gap="xs">
            <Text>{t('history.around', { time: exact(new Date(mark * 1000).toISOString()) })}</Text>
            <Button size="xs" variant="default" onClick={() => setUrl({ at: undefined })}>
              {t('history.toNow')}
            </Button>
          </Group>
        )}
      </Group>
      {read.error && !metrics && <ErrorState error={read.error} retry={() => void read.refetch()} />}
      {!metrics && !read.error && (
        <div className="charts">
          {CHARTS.map((chart) => (
            <Skeleton key={chart.key} h={230} />
          ))}
        </div>
      )}
      {metrics && (
        <>
          <Text c="dimmed" aria-live="polite">
            {here
              ? exact(here)
              : t('history.step', { step: duration(metrics.step_seconds), count: metrics.times.length, zone: zone() })}
          </Text>
          <div className="charts">
            {charts.map((chart) => (
              <Chart
                key={chart.key}
                chart={chart.key}
                times={metrics.times}
                seconds={seconds}
                series={chart.shown}
                step={duration(metrics.step_seconds)}
                most={most[chart.key]}
                mark={mark}
                time={time}
                point={point}
                onPoint={onPoint}
              />
            ))}
          </div>
          {host && <Text c="dimmed">{t('history.processors', { count: host.cpus, number: number(host.cpus) })}</Text>}
          <section aria-label={t('history.happened')}>
            <Title order={2} mb={4}>
              {t('history.happened')}
            </Title>
            {within.length > 0 ? (
              <ul className="steps">
                {within.map((event) => (
                  <EventLine key={event.cursor} event={event} />
                ))}
              </ul>
            ) : (
              <Text c="dimmed">{t('history.quiet')}</Text>
            )}
            <Link to="/changes" search={{ tab: 'timeline' }}>
              {t('history.timeline')}
            </Link>
          </section>
        </>
      )}
    </Stack>
  )
}
