import { Button, Drawer, Group, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Plan, perform, rehearse } from '../../api/change'
import { asProblem, type ProblemError, type Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DoChange } from '../../components/DoChange'
import { OptionalSelect } from '../../components/OptionalSelect'
import { PlanDiff } from '../../components/PlanDiff'
import { ErrorState } from '../../components/States'
import { Badge, type Tone } from '../../components/StatusBadge'
import { type Besides, decision, effectOf, type Item, inOrder } from './adoption'

type Adopted = Schemas['Adopted']

/** The fields of an account of which the server knows nothing. */
function BesidesFields({ field, hasEmail }: { field: (name: keyof Besides) => object; hasEmail: boolean }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const packages = useQuery({ ...queries.packages({ limit: 200 }), enabled: may('GET /api/v1/packages') })
  const organisations = useQuery({
    ...queries.organisations({ limit: 200 }),
    enabled: may('GET /api/v1/organisations'),
  })
  return (
    <>
      {hasEmail && (
        <TextInput
          label={t('accounts.email')}
          description={t('adoption.emailHelp')}
          type="email"
          withAsterisk
          data-autofocus
          {...field('email')}
        />
      )}
      <OptionalSelect
        label={t('accounts.organisation')}
        description={t('adoption.organisationHelp')}
        data={organisations.data?.items.map((item) => item.name)}
        {...field('organisation')}
      />
      <OptionalSelect
        label={t('accounts.package')}
        description={t('adoption.packageHelp')}
        data={packages.data?.items.map((item) => item.name)}
        {...field('package')}
      />
    </>
  )
}

/** An account's row is made anew, of what the server holds and of what it cannot know. */
function TakeOverAccount({ item, onClose }: { item: Item; onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: { email: '', organisation: '', package: '' },
    validate: { email: (value) => (value.trim() ? null : t('accounts.enterEmail')) },
  })
  return (
    <ChangeForm<typeof form.values, Adopted>
      title={t('adoption.takeOver', { name: item.name })}
      button={t('adoption.choice.take_over')}
      form={form}
      change={(values) => decision(item, 'take_over', { ...values, email: values.email.trim() })}
      onDone={(adopted) => {
        if (adopted.note) notifications.show({ message: adopted.note, autoClose: false })
      }}
      onClose={onClose}
    >
      {item.lacks && <Text>{t('adoption.lacks', { what: item.lacks })}</Text>}
      <BesidesFields field={form.getInputProps} hasEmail />
    </ChangeForm>
  )
}

/** One decision about one object: its plan, and then exactly that. */
export function Decide({ item, choice, onClose }: { item: Item; choice: string; onClose: () => void }) {
  const { t } = useTranslation()
  const onDone = (data: unknown) => {
    const { note } = data as Adopted
    if (note) notifications.show({ message: note, autoClose: false })
  }
  const effect = said(`adoption.effect.${effectOf(item, choice)}`)
  if (choice === 'take_over' && item.kind === 'account') return <TakeOverAccount item={item} onClose={onClose} />
  if (choice === 'remove') {
    return (
      <ConfirmChange op="adoption_decide" name={item.name} change={decision(item, choice)} onClose={onClose}>
        {null}
      </ConfirmChange>
    )
  }
  return (
    <DoChange
      words={`adopt_${choice}`}
      name={item.name}
      change={decision(item, choice)}
      onClose={onClose}
      onDone={onDone}
    >
      <Text>{effect}</Text>
      {item.lacks && choice === 'take_over' && <Text>{t('adoption.lacks', { what: item.lacks })}</Text>}
    </DoChange>
  )
}

type Row = {
  item: Item
  state: 'looking' | 'looked' | 'later' | 'moved' | 'running' | 'done' | 'failed'
  plan?: Plan
  error?: ProblemError
}

/** An object on which others stand, or which stands on others, is judged once those were decided about. */
const LATER = ['account_unknown', 'dependency_unknown', 'has_dependents']

const TONES: Record<Row['state'], Tone> = {
  looking: 'moving',
  looked: 'off',
  later: 'off',
  moved: 'warning',
  running: 'moving',
  done: 'good',
  failed: 'bad',
}

/**
 * One decision about many objects, one after the other: all plans are shown first, and of each object exactly its plan is done. What is
 * refused is named, and the others go on.
 */
export function DecideAll({ items, choice, onClose }: { items: Item[]; choice: string; onClose: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const ordered = useRef(inOrder(items, choice)).current
  const hasAccounts = choice === 'take_over' && ordered.some((item) => item.kind === 'account')
  const [besides, setBesides] = useState<Besides>({})
  const [typed, setTyped] = useState('')
  const [rows, setRows] = useState<Row[]>()
  const [isBusy, setBusy] = useState(false)
  const [isDone, setDone] = useState(false)
  const stopped = useRef(false)
  useEffect(() => {
    stopped.current = false
    return () => {
      stopped.current = true
    }
  }, [])
  const set = (index: number, next: Partial<Row>) =>
    setRows((before) => before?.map((row, at) => (at === index ? { ...row, ...next } : row)))

  const look = async () => {
    setBusy(true)
    const found: Row[] = ordered.map((item) => ({ item, state: 'looking' }))
    setRows(found)
    for (const [index, item] of ordered.entries()) {
      if (stopped.current) return
      try {
        const plan = await rehearse(decision(item, choice, besides))
        found[index] = { item, state: 'looked', plan }
      } catch (thrown) {
        const error = asProblem(thrown)
        found[index] = { item, state: LATER.includes(error.problem.code) ? 'later' : 'failed', error }
      }
      setRows([...found])
    }
    setBusy(false)
  }

  const apply = async () => {
    setBusy(true)
    for (const [index, row] of (rows ?? []).entries()) {
      if (stopped.current) return
      if (row.state !== 'looked' && row.state !== 'later') continue
      set(index, { state: 'running', error: undefined })
      const made = decision(row.item, choice, besides)
      try {
        const plan = row.plan ?? (await rehearse(made))
        await perform(made, { expectPlan: plan.hash })
        set(index, { state: 'done', plan })
      } catch (thrown) {
        const error = asProblem(thrown)
        set(index, { state: error.problem.code === 'plan_changed' ? 'moved' : 'failed', error })
      }
    }
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'usage' })
    setBusy(false)
    setDone(true)
  }

  const word = said(`adoption.choice.${choice}`) ?? choice
  const count = ordered.length
  const wantsNumber = choice === 'remove'
  const isReady =
    !isBusy &&
    rows?.some((row) => row.state === 'looked' || row.state === 'later') &&
    (!wantsNumber || typed === `${count}`)
  let button: ReactNode
  if (isDone) {
    button = (
      <Button onClick={onClose} data-autofocus>
        {t('common.close')}
      </Button>
    )
  } else if (!rows) {
    button = (
      <Button type="submit" disabled={hasAccounts && !besides.email?.trim()}>
        {t('plan.preview')}
      </Button>
    )
  } else {
    button = (
      <Button type="submit" color={wantsNumber ? 'red' : undefined} disabled={!isReady} loading={isBusy}>
        {t('adoption.forAll', { choice: word, count })}
      </Button>
    )
  }
  return (
    <Drawer
      opened
      onClose={() => !isBusy && onClose()}
      title={t('adoption.forAll', { choice: word, count })}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!rows) void look()
          else if (isReady) void apply()
        }}
      >
        <Stack>
          <Text>{said(`adoption.effect.${effectOf(ordered[0] as Item, choice)}`)}</Text>
          {!rows && hasAccounts && (
            <BesidesFields
              hasEmail
              field={(name) => ({
                value: besides[name] ?? '',
                onChange: (next: string | React.ChangeEvent<HTMLInputElement>) =>
                  setBesides((before) => ({
                    ...before,
                    [name]: typeof next === 'string' ? next : (next.target?.value ?? ''),
                  })),
              })}
            />
          )}
          <ul className="steps" aria-live="polite" aria-busy={isBusy}>
            {(rows ?? ordered.map((item): Row => ({ item, state: 'looked' }))).map((row) => (
              <li key={row.item.kind + row.item.id}>
                {rows && (
                  <Badge tone={TONES[row.state]} quiet={row.state === 'done'}>
                    {said(`adoption.state.${row.state}`)}
                  </Badge>
                )}{' '}
                {said(`kind.${row.item.kind}`) ?? row.item.kind} <strong>{row.item.name}</strong>
                {row.plan && row.state !== 'done' && (
                  <details>
                    <summary>{t('plan.title')}</summary>
                    <PlanDiff plan={row.plan} />
                  </details>
                )}
                {row.error && row.state === 'failed' && <ErrorState error={row.error} />}
              </li>
            ))}
          </ul>
          {rows && !isDone && wantsNumber && (
            <TextInput
              label={t('adoption.typeNumber', { count })}
              inputMode="numeric"
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          <Group justify="flex-end" gap="xs">
            {!isDone && (
              <Button variant="default" onClick={onClose} disabled={isBusy}>
                {t('common.cancel')}
              </Button>
            )}
            {button}
          </Group>
        </Stack>
      </form>
    </Drawer>
  )
}
