import { Button, Checkbox, Drawer, Group, Modal, Stack, Text } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useBlocker } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Change, isPlanned } from '../api/change'
import { operations } from '../api/operations'
import { type FieldError, sortErrors, wordsOf } from '../api/problem'
import { CopyCommand } from './CopyCommand'
import { PlanDiff } from './PlanDiff'
import { ErrorState, Note } from './States'
import { useChange } from './useChange'

export type FormProps<V extends Record<string, unknown>, T> = {
  title: string
  form: UseFormReturnType<V>
  /** What the values ask of the API. */
  change: (values: V) => Change
  /** The button that does it, such as "Add site". */
  button: string
  onClose: () => void
  onDone: (data: T) => void
  children: ReactNode
}

/** Values that the panel refused, and that no field of the form shows. */
function Others({ errors }: { errors: FieldError[] }) {
  const { t } = useTranslation()
  if (errors.length === 0) return null
  return (
    <Note tone="bad" title={t('form.others')} role="alert">
      <ul style={{ margin: 0, paddingInlineStart: 18 }}>
        {errors.map((error) => (
          <li key={error.pointer + error.code}>
            <span className="mono">{error.pointer}</span> {wordsOf(error)}
          </li>
        ))}
      </ul>
    </Note>
  )
}

/** The values whose fields are on the screen: what a field that is not shown says is seen by nobody. */
const shownIn = (form: HTMLFormElement | null) =>
  [...(form?.querySelectorAll<HTMLElement>('[data-path]') ?? [])].map((field) => field.dataset.path ?? '')

/** Puts the focus on the first field that is refused. What is folded away is opened: no refusal is out of sight. */
function focusRefused() {
  const refused = document.querySelectorAll<HTMLElement>('form [aria-invalid="true"]')
  for (const field of refused) field.closest('details')?.setAttribute('open', '')
  refused[0]?.focus()
}

/**
 * A form in a drawer. What can be rehearsed is shown first ("Preview changes"), and exactly that is applied. Refused values land on
 * their fields. What was typed stays until it is saved or given up.
 */
export function ChangeDrawer<V extends Record<string, unknown>, T = unknown>(props: FormProps<V, T>) {
  const { t } = useTranslation()
  const { form, title, button } = props
  const [others, setOthers] = useState<FieldError[]>([])
  const [wantsOut, setWantsOut] = useState(false)
  const [overwrite, setOverwrite] = useState(false)
  // saved or given up: read by the guard of leaving in the same turn in which the form is left
  const given = useRef(false)
  const root = useRef<HTMLFormElement>(null)
  // how often something was refused: the fields are marked by then
  const [refusals, setRefusals] = useState(0)
  useEffect(() => {
    if (refusals) focusRefused()
  }, [refusals])
  const refuse = () => setRefusals((before) => before + 1)
  const flow = useChange<T>((data) => {
    given.current = true
    props.onDone(data)
    props.onClose()
  })
  const blocker = useBlocker({
    shouldBlockFn: () => form.isDirty() && !given.current,
    enableBeforeUnload: () => form.isDirty() && !given.current,
    withResolver: true,
  })
  const now = props.change(form.getValues())
  const planned = isPlanned(now)
  const mayOverwrite = operations[now.operation]?.overwrite === true

  const submit = form.onSubmit(async (values) => {
    const change = props.change(values)
    setOthers([])
    const isLooking = planned && !flow.plan
    const came = isLooking ? await flow.look(change, overwrite) : await flow.apply(change, flow.plan, overwrite)
    const problem = came?.error?.problem
    if (problem?.status === 422 && problem.errors?.length) {
      const sorted = sortErrors(problem, shownIn(root.current))
      form.setErrors(sorted.known)
      setOthers(sorted.others)
      flow.forget()
      refuse()
    }
  }, refuse)

  const close = () => (form.isDirty() && !given.current ? setWantsOut(true) : props.onClose())
  const refused = flow.error && !(flow.error.problem.status === 422 && flow.error.problem.errors?.length)
  const isAsked = wantsOut || blocker.status === 'blocked'
  const stay = () => {
    setWantsOut(false)
    blocker.reset?.()
  }
  const leave = () => {
    given.current = true
    setWantsOut(false)
    if (blocker.status === 'blocked') blocker.proceed()
    else props.onClose()
  }
  return (
    <Drawer
      opened
      onClose={close}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
      closeOnEscape={!isAsked}
    >
      <form
        ref={root}
        onSubmit={submit}
        noValidate
        onBlur={(event) => {
          const { path } = (event.target as HTMLElement).dataset
          // what the panel said of it stands until it is another value
          if (path && !form.errors[path]) form.validateField(path)
        }}
      >
        <Stack>
          <fieldset disabled={!!flow.plan} hidden={!!flow.plan} style={{ border: 0, padding: 0, margin: 0 }}>
            <Stack>{props.children}</Stack>
          </fieldset>
          <Others errors={others} />
          {flow.hasMoved && <Note tone="warning" title={t('plan.moved')} role="alert" />}
          {flow.plan && <PlanDiff plan={flow.plan} />}
          {refused && <ErrorState error={flow.error} />}
          {flow.error?.problem.code === 'edited' && mayOverwrite && (
            <Checkbox
              label={t('plan.overwrite')}
              checked={overwrite}
              onChange={(event) => setOverwrite(event.currentTarget.checked)}
            />
          )}
          {/* the focus stays where it is while a button is pressed: a field that is checked as it is left would move the button away */}
          <Group justify="space-between" onMouseDown={(event) => event.preventDefault()}>
            <CopyCommand change={now} />
            <Group gap="xs">
              <Button variant="default" onClick={flow.plan ? flow.forget : close}>
                {flow.plan ? t('common.back') : t('common.cancel')}
              </Button>
              <Button type="submit" loading={!!flow.busy}>
                {planned && !flow.plan ? t('plan.preview') : button}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
      {/* mounted when it opens: the Escape that asks must not answer, too */}
      {isAsked && (
        <Modal
          opened
          onClose={stay}
          title={t('form.leaveTitle')}
          closeButtonProps={{ 'aria-label': t('common.close') }}
        >
          <Stack>
            <Text>{t('form.leaveBody')}</Text>
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={leave}>
                {t('form.leave')}
              </Button>
              <Button onClick={stay} data-autofocus>
                {t('form.stay')}
              </Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </Drawer>
  )
}
