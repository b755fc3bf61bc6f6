import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { ConfirmChange } from '../../components/ConfirmChange'

/** Asks before a provider is removed, and says what goes with it. */
export function DeleteProvider({
  provider,
  onClose,
  onGone,
}: {
  provider: Schemas['IdentityProvider']
  onClose: () => void
  onGone?: () => Promise<void>
}) {
  const { t } = useTranslation()
  return (
    <ConfirmChange
      op="identity_provider_delete"
      name={provider.name}
      change={change('delete', '/api/v1/identity-providers/{identity_provider}', {
        path: { identity_provider: provider.id },
      })}
      onClose={onClose}
      onGone={onGone}
    >
      <ul>
        <li>{t('identity.linksGo', { count: provider.people })}</li>
        {provider.mappings.map((mapping) => (
          <li key={`${mapping.group} ${mapping.role} ${mapping.organisation}`}>
            {t('identity.roleGoes', {
              group: mapping.group,
              role: said(`role.${mapping.role}`) ?? mapping.role,
              organisation: mapping.organisation,
            })}
          </li>
        ))}
      </ul>
      {provider.makes_people && <Text size="sm">{t('identity.peopleStay')}</Text>}
    </ConfirmChange>
  )
}
