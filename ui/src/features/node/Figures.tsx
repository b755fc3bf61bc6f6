import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { bytes, duration, number } from '../../app/format'

function Figure({ label, value, part }: { label: string; value: string; part?: number }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Text>
      {part !== undefined && (
        <div className="meter" data-tone={part >= 0.9 ? 'bad' : undefined} aria-hidden>
          <span style={{ width: `${Math.min(part, 1) * 100}%` }} />
        </div>
      )}
    </div>
  )
}

/** How the server is doing, in four figures. */
export function Figures({ host }: { host: Schemas['Host'] }) {
  const { t } = useTranslation()
  const memory = host.memory_total - host.memory_available
  const disk = host.disk_total - host.disk_available
  const load = host.load.map((value) => number(value, 2)).join('  ')
  return (
    <div className="figures">
      <Figure
        label={t('health.load', { count: host.cpus })}
        value={load}
        part={(host.load[0] ?? 0) / Math.max(host.cpus, 1)}
      />
      <Figure
        label={t('health.memory')}
        value={t('health.of', { used: bytes(memory), total: bytes(host.memory_total) })}
        part={memory / Math.max(host.memory_total, 1)}
      />
      <Figure
        label={t('health.disk')}
        value={t('health.of', { used: bytes(disk), total: bytes(host.disk_total) })}
        part={disk / Math.max(host.disk_total, 1)}
      />
      <Figure label={t('health.uptime')} value={duration(host.uptime_seconds)} />
    </div>
  )
}
