import { Menu, Select, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconEdit, IconPackage, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
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
import { AmountFields, type Amounts, amountsChanged, amountsOf } from '../package/Amounts'
import { EditAccount } from './AccountForms'

type Account = Schemas['Account']
export type AccountAct = 'edit' | 'sell' | 'suspend' | 'unsuspend' | 'delete'

/** The actions of an account, in the same order in its row and on its page. */
export function AccountMenu({ account, onAct }: { account: Account; onAct: (act: AccountAct) => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <>
      {may('PATCH /api/v1/accounts/{account}') && (
        <Menu.Item leftSection={<IconEdit {...icon} />} onClick={() => onAct('edit')}>
          {t('common.edit')}
        </Menu.Item>
      )}
      {may('PATCH /api/v1/accounts/{account}/limits') && (
        <Menu.Item leftSection={<IconPackage {...icon} />} onClick={() => onAct('sell')}>
          {t('accounts.sell')}
        </Menu.Item>
      )}
      {may('POST /api/v1/accounts/{account}/suspend') &&
        (account.suspended_by.includes('account') || account.suspended ? (
          <Menu.Item leftSection={<IconPlayerPlay {...icon} />} onClick={() => onAct('unsuspend')}>
            {t('common.unsuspend')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconPlayerPause {...icon} />} onClick={() => onAct('suspend')}>
            {t('common.suspend')}
          </Menu.Item>
        ))}
      {may('DELETE /api/v1/accounts/{account}') && (
        <Menu.Item color="red" leftSection={<IconTrash {...icon} />} onClick={() => onAct('delete')}>
          {t('common.delete')}
        </Menu.Item>
      )}
    </>
  )
}

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
      fields={['package', ...mine.map((limit) => `limits.${limit.name}`)]}
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
      <Select
        label={t('accounts.package')}
        data={[
          ...new Set([
            ...(packages.data?.items.map((item) => item.name) ?? []),
            ...(limits.package ? [limits.package] : []),
          ]),
        ]}
        clearable
        clearButtonProps={{ 'aria-label': t('table.clear') }}
        {...form.getInputProps('package')}
        onChange={(next) => form.setFieldValue('package', next ?? '')}
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
