import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Change, isPlanned } from '../api/change'
import { DESTRUCTIVE, type DestructiveId } from '../app/destructive'
import { said } from '../app/i18n'
import { CopyCommand } from './CopyCommand'
import { PlanDiff } from './PlanDiff'
import { ErrorState, Note } from './States'
import { useChange } from './useChange'

export type ConfirmProps = {
  op: DestructiveId
  /** What it is about, by name. */
  name: string
  change: Change
  onClose: () => void
  onDone?: (data: unknown) => void
  /** Leaves the page of what is gone. */
  onGone?: () => Promise<void>
  /** Further fields, such as a reason; they are part of `change` already. */
  children?: ReactNode
}

/**
 * Asks before something is taken away: names the object and the consequence, shows the plan, and for what cannot be undone wants the
 * name typed. The focus never begins on the red button.
 */
export function ConfirmDialog({ op, name, change, onClose, onDone, onGone, children }: ConfirmProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const words = (part: string) => said(`destroy.${op}.${part}`, { name }) ?? ''
  const flow = useChange<unknown>((data) => {
    notifications.show({ message: words('done') })
    onDone?.(data)
    onClose()
  }, onGone)
  const { look } = flow
  const planned = isPlanned(change)
  // The plan of what is asked now: where a field is among it, it is made anew when that rests.
  const text = JSON.stringify(change)
  useEffect(() => {
    if (!planned) return
    const timer = setTimeout(() => void look(JSON.parse(text) as Change), 150)
    return () => clearTimeout(timer)
  }, [planned, look, text])

  const wantsName = DESTRUCTIVE[op] === 'name'
  const isReady = (!planned || flow.plan) && (!wantsName || typed === name) && !flow.busy
  return (
    <Modal
      opened
      onClose={onClose}
      title={words('title')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) void flow.apply(change, flow.plan)
        }}
      >
        <Stack>
          <Text>{words('body')}</Text>
          {children}
          {flow.hasMoved && <Note tone="warning" title={t('plan.moved')} role="alert" />}
          {flow.plan && (
            <details>
              <summary>{t('plan.show')}</summary>
              <PlanDiff plan={flow.plan} />
            </details>
          )}
          {planned && !flow.plan && !flow.error && <Text c="dimmed">{t('plan.looking')}</Text>}
          {flow.error && (
            <ErrorState error={flow.error} retry={planned && !flow.plan ? () => void look(change) : undefined} />
          )}
          {wantsName && (
            <TextInput
              label={t('confirm.type', { name })}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              data-autofocus
            />
          )}
          <Group justify="space-between">
            <CopyCommand change={change} />
            <Group gap="xs">
              <Button variant="default" onClick={onClose} data-autofocus={wantsName ? undefined : true}>
                {t('confirm.keep')}
              </Button>
              <Button type="submit" color="red" disabled={!isReady} loading={flow.busy === 'apply'}>
                {words('button')}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
