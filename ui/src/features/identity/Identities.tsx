import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { DoChange } from '../../components/DoChange'
import { EmptyState, ErrorState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { beginLinking } from './linking'

type Identity = Schemas['Identity']

/** The providers that one is known by: linked at the provider itself, unlinked here. */
export function Identities() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ fresh }] = useUrl()
  const [linking, setLinking] = useState<Schemas['ProviderButton']>()
  const [unlinking, setUnlinking] = useState<Identity>()
  const list = useQuery(queries.identities())
  const buttons = useQuery(queries.providerButtons())
  const linked = list.data?.items
  const open = (buttons.data?.items ?? []).filter(
    (button) => !linked?.some((identity) => identity.provider === button.name),
  )
  const mayLink = may('POST /api/v1/identities')
  return (
    <Stack>
      <Text c="dimmed">{t('identity.mineAbout')}</Text>
      <DataTable<Identity>
        label={t('identity.mine')}
        rows={linked}
        rowKey={(identity) => identity.provider}
        error={list.error}
        onRetry={() => void list.refetch()}
        expected={1}
        fresh={fresh}
        empty={
          <EmptyState title={t('identity.mineEmpty')}>
            {buttons.data && open.length === 0 ? t('identity.mineNone') : t('identity.mineEmptyHelp')}
          </EmptyState>
        }
        columns={[
          {
            key: 'provider',
            label: t('identity.provider'),
            cell: (identity) => (
              <>
                <strong>{identity.label}</strong>{' '}
                {!identity.enabled && <Badge tone="off">{t('identity.switchedOff')}</Badge>}
              </>
            ),
          },
          {
            key: 'subject',
            label: t('identity.subject'),
            cell: (identity) => <span className="mono ltr">{identity.subject}</span>,
          },
          { key: 'since', label: t('identity.linked'), cell: (identity) => <Time at={identity.created_at} /> },
          {
            key: 'used',
            label: t('tokens.used'),
            cell: (identity) => <Time at={identity.last_used_at} none={t('tokens.never')} />,
          },
          {
            key: 'unlink',
            label: t('table.actions'),
            hidden: true,
            cell: (identity) =>
              may('DELETE /api/v1/identities/{identity}') && (
                <Button
                  variant="default"
                  size="compact-sm"
                  onClick={() => setUnlinking(identity)}
                  aria-label={t('identity.unlinkOf', { name: identity.label })}
                >
                  {t('identity.unlink')}
                </Button>
              ),
          },
        ]}
      />
      {buttons.error && <ErrorState error={buttons.error} retry={() => void buttons.refetch()} />}
      {mayLink && open.length > 0 && (
        <Group gap="xs">
          {open.map((button) => (
            <Button key={button.name} variant="default" onClick={() => setLinking(button)}>
              {t('identity.link', { name: button.label })}
            </Button>
          ))}
        </Group>
      )}
      {linking && (
        <DoChange
          words="identity_link"
          name={linking.label}
          change={change('post', '/api/v1/identities', { body: { provider: linking.name } })}
          onClose={() => setLinking(undefined)}
          onDone={(data) => {
            beginLinking(linking.name)
            location.assign((data as Schemas['SentToProvider']).url)
          }}
        />
      )}
      {unlinking && (
        <ConfirmChange
          op="identity_unlink"
          name={unlinking.label}
          change={change('delete', '/api/v1/identities/{identity}', { path: { identity: unlinking.id } })}
          onClose={() => setUnlinking(undefined)}
        />
      )}
    </Stack>
  )
}
