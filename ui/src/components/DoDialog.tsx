import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { type Change, isPlanned } from '../api/change'
import { said } from '../app/i18n'
import { CopyCommand } from './CopyCommand'
import { PlanDiff } from './PlanDiff'
import { ErrorState, Note } from './States'
import { useChange } from './useChange'

export type DoProps = {
  /** Which words of `act` say what happens. */
  words: string
  name: string
  change: Change
  onClose: () => void
  onDone?: (data: unknown) => void
  children?: ReactNode
}

/** Shows what a change would do that takes nothing away, and does exactly that. */
export function DoDialog({ words, name, change, onClose, onDone, children }: DoProps) {
  const { t } = useTranslation()
  const text = (part: string) => said(`act.${words}.${part}`, { name }) ?? ''
  const flow = useChange<unknown>((data) => {
    notifications.show({ message: text('done') })
    onDone?.(data)
    onClose()
  })
  const { look } = flow
  const planned = isPlanned(change)
  const isReady = !planned || !!flow.plan
  const key = JSON.stringify(change)
  useEffect(() => {
    if (planned) void look(JSON.parse(key) as Change)
  }, [planned, look, key])
  return (
    <Modal
      opened
      onClose={onClose}
      title={text('title')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack>
        <Text>{text('body')}</Text>
        {children}
        {flow.hasMoved && <Note tone="warning" title={t('plan.moved')} role="alert" />}
        {planned && !flow.plan && !flow.error && <Text c="dimmed">{t('plan.looking')}</Text>}
        {flow.plan && <PlanDiff plan={flow.plan} />}
        {flow.error && (
          <ErrorState error={flow.error} retry={planned && !flow.plan ? () => void look(change) : undefined} />
        )}
        <Group justify="space-between">
          <CopyCommand change={change} />
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            {/* it has the focus before it can be pressed, which what is disabled cannot have */}
            <Button
              aria-disabled={!isReady}
              data-disabled={isReady ? undefined : true}
              loading={flow.busy === 'apply'}
              onClick={() => isReady && void flow.apply(change, flow.plan)}
              data-submit
              data-autofocus
            >
              {text('button')}
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  )
}
