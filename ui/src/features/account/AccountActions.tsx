import { TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DoChange } from '../../components/DoChange'
import { OptionalSelect } from '../../components/OptionalSelect'
import { AmountFields, type Amounts, amountsChanged, amountsOf } from '../package/Amounts'
import { EditAccount } from './AccountForms'
import type { AccountAct } from './AccountMenu'

type Account = Schemas['Account']
function Suspend({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  return (
    <ConfirmChange
      op="account_suspend"
      name={account.name}
      change={change('post', '/api/v1/accounts/{account}/suspend', {
        path: { account: account.id },
        body: reason ? { reason } : {},
        generation: account.generation,
      })}
      onClose={onClose}
    >
      <TextInput
        label={t('common.reason')}
        description={t('accounts.reasonHelp')}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ConfirmChange>
  )
}

function Sell({ account, onClose }: { account: Account; onClose: () => void }) {
  const limits = useQuery(queries.accountLimits(account.id))
  const known = useQuery(queries.limits())
  if (!limits.data || !known.data) return null
  return <SellForm account={account} limits={limits.data} known={known.data.limits} onClose={onClose} />
}

function SellForm({
  account,
  limits,
  known,
  onClose,
}: {
  account: Account
  limits: Schemas['LimitsOfAccount']
  known: Schemas['KnownLimit'][]
  onClose: () => void
}) {
  const { t } = useTranslation()
  const { may } = useMe()
  const packages = useQuery({ ...queries.packages({ limit: 200 }), enabled: may('GET /api/v1/packages') })
  const own = Object.fromEntries(
    limits.limits.filter((limit) => limit.from === 'own').map((limit) => [limit.name, limit.most]),
  )
  const mine = known.filter((limit) => limit.of_accounts)
  const before = amountsOf(mine, own)
  const form = useForm<{ package: string; limits: Amounts }>({
    initialValues: { package: limits.package ?? '', limits: before },
  })
  return (
    <ChangeForm
      title={t('accounts.sellTitle', { name: account.name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/accounts/{account}/limits', {
          path: { account: account.id },
          generation: limits.generation,
          body: {
            ...(values.package !== (limits.package ?? '') ? { package: values.package || null } : {}),
            limits: amountsChanged(mine, before, values.limits),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <OptionalSelect
        label={t('accounts.package')}
        data={[
          ...new Set([
            ...(packages.data?.items.map((item) => item.name) ?? []),
            ...(limits.package ? [limits.package] : []),
          ]),
        ]}
        {...form.getInputProps('package')}
      />
      <AmountFields known={mine} form={form} absent={t('amount.asPackage')} />
    </ChangeForm>
  )
}

/** The dialog of an action. */
export function AccountDialog({
  act,
  account,
  onClose,
  onDeleted,
}: {
  act: AccountAct
  account: Account
  onClose: () => void
  onDeleted?: () => void
}) {
  const path = { account: account.id }
  const generation = account.generation
  switch (act) {
    case 'edit':
      return <EditAccount account={account} onClose={onClose} />
    case 'sell':
      return <Sell account={account} onClose={onClose} />
    case 'suspend':
      return <Suspend account={account} onClose={onClose} />
    case 'unsuspend':
      return (
        <DoChange
          words="account_unsuspend"
          name={account.name}
          change={change('post', '/api/v1/accounts/{account}/unsuspend', { path, generation })}
          onClose={onClose}
        />
      )
    case 'retry':
      return (
        <DoChange
          words="account_retry"
          name={account.name}
          change={change('post', '/api/v1/accounts/{account}/retry', { path })}
          onClose={onClose}
        />
      )
    case 'delete':
      return (
        <ConfirmChange
          op="account_delete"
          name={account.name}
          change={change('delete', '/api/v1/accounts/{account}', { path })}
          onClose={onClose}
          onDone={onDeleted}
        />
      )
  }
}
