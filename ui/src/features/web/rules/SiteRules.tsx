import { Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../../api/problem'
import { queries } from '../../../api/queries'
import { useMe } from '../../../app/session'
import { EmptyState, ErrorState } from '../../../components/States'
import { kindOf, textOf, wordsOfRule } from './kinds'

const RulesForm = lazy(() => import('./RulesForm').then((file) => ({ default: file.RulesForm })))

/** The rules of a site, in their order. */
export function SiteRules({ site }: { site: Schemas['Site'] }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const read = useQuery(queries.siteRules(site.id))
  const [isOpen, setOpen] = useState(false)
  if (read.error) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!read.data) return <Skeleton h={160} />
  const { rules } = read.data
  // what this page does not know it would leave out when it saves
  const isKnown = rules.every((rule) => kindOf(rule) !== undefined)
  const edit = may('PUT /api/v1/sites/{site}/rules') && isKnown ? (
    <Button variant="default" onClick={() => setOpen(true)}>
      {t(rules.length ? 'rules.change' : 'rules.add')}
    </Button>
  ) : undefined
  return (
    <>
      {rules.length === 0 ? (
        <EmptyState title={t('rules.none')} action={edit}>
          {t('rules.noneHelp')}
        </EmptyState>
      ) : (
        <Stack>
          <Group justify="space-between" align="flex-start" wrap="nowrap">
            <Text size="sm" c="dimmed">
              {t('rules.order')}
            </Text>
            {edit}
          </Group>
          <ol style={{ margin: 0, paddingInlineStart: 28 }}>
            {rules.map((rule, at) => {
              const kind = kindOf(rule)
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: the place is all that tells two equal rules apart
                <li key={at} style={{ paddingBlock: 4 }}>
                  <Text span fw={600} size="sm">
                    {kind ? textOf('kinds', kind) : Object.keys(rule)[0]}
                  </Text>{' '}
                  <Text span size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {wordsOfRule(rule)}
                  </Text>
                </li>
              )
            })}
          </ol>
        </Stack>
      )}
      <Suspense>
        {isOpen && <RulesForm site={site} rules={read.data} onClose={() => setOpen(false)} />}
      </Suspense>
    </>
  )
}
