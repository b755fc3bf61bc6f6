import { Fieldset, Select, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { change } from '../../../api/change'
import { queries } from '../../../api/queries'
import { wholes } from '../../../app/format'
import { ChangeForm } from '../../../components/ChangeForm'
import { Check } from '../../../components/Check'
import { Note } from '../../../components/States'
import { endWords, titleOf } from '../../cert/words'
import { AGES, edited, mayPreload, OWN, type Site, type Values, valuesOf } from './values'

/** How a site answers by HTTPS: with which certificate, whether visitors are sent on to it, and what browsers are told to keep to. */
export function HttpsForm({ site, onClose }: { site: Site; onClose: () => void }) {
  const { t } = useTranslation()
  const before = valuesOf(site)
  const form = useForm<Values>({ initialValues: before })
  const { isOn, isHsts, https } = form.values
  const list = useQuery(queries.certificates({ account: site.account, limit: 200 }))
  // those of other sites follow the names of those
  const others = (list.data?.items ?? []).filter(({ site: of, id }) => !of || id === before.https.certificate)
  const own = list.data?.items.find((certificate) => certificate.site === site.id)
  const shown = https.certificate === OWN ? own : others.find(({ id }) => id === https.certificate)
  const isSelfSigned = shown ? shown.self_signed : https.certificate === OWN
  const ages = [...new Set([...AGES, Number(https.hsts.max_age)])].sort((a, b) => a - b)
  return (
    <ChangeForm
      title={t('https.edit', { name: site.name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/sites/{site}', {
          path: { site: site.id },
          generation: site.generation,
          body: { https: edited(site, values) },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Check
        label={t('https.on')}
        data-autofocus
        data-path="https"
        error={form.errors.https}
        checked={isOn}
        onChange={(event) => form.setFieldValue('isOn', event.currentTarget.checked)}
      />
      {!isOn && before.isOn && (
        <Note tone="warning" title={t('https.offTitle')}>
          <Text size="sm">{t('https.offBody')}</Text>
          {before.isHsts && <Text size="sm">{t('https.offHsts')}</Text>}
        </Note>
      )}
      {isOn && (
        <>
          <Select
            label={t('https.certificate')}
            description={t(https.certificate === OWN ? 'https.ownHelp' : 'https.chosenHelp')}
            data={[
              { value: OWN, label: t('https.itsOwn') },
              ...others.map((certificate) => ({
                value: certificate.id,
                label: [titleOf(certificate), endWords(certificate)].filter(Boolean).join(', '),
              })),
            ]}
            allowDeselect={false}
            {...form.getInputProps('https.certificate')}
          />
          <Check
            label={t('https.force')}
            description={t('https.forceHelp')}
            {...form.getInputProps('https.force', { type: 'checkbox' })}
          />
          {https.force && isSelfSigned && (
            <Note tone="warning" title={t('certificates.selfSigned')}>
              <Text size="sm">{t('https.forceSelfSigned')}</Text>
            </Note>
          )}
          <Fieldset legend={t('https.hstsTitle')} disabled={!https.force}>
            <Stack>
              <Text size="sm">{t('https.hstsAbout')}</Text>
              {!https.force && (
                <Text size="sm" c="dimmed">
                  {t('https.hstsNeeds')}
                </Text>
              )}
              <Check
                label={t('https.hsts')}
                data-path="https.hsts"
                error={form.errors['https.hsts']}
                checked={isHsts && https.force}
                onChange={(event) => form.setFieldValue('isHsts', event.currentTarget.checked)}
              />
              {!(isHsts && https.force) && before.isHsts && <Text size="sm">{t('https.hstsStays')}</Text>}
              {isHsts && https.force && (
                <>
                  {isSelfSigned && (
                    <Note tone="bad" title={t('https.hstsSelfSigned')}>
                      <Text size="sm">{t('https.hstsSelfSignedHelp')}</Text>
                    </Note>
                  )}
                  <Select
                    label={t('https.maxAge')}
                    description={t('https.maxAgeHelp')}
                    data={ages.map((age) => ({
                      value: String(age),
                      label: age === 0 ? t('https.takeBack') : wholes(age),
                    }))}
                    allowDeselect={false}
                    {...form.getInputProps('https.hsts.max_age')}
                  />
                  <Check
                    label={t('https.below')}
                    description={t('https.belowHelp', { name: site.name })}
                    {...form.getInputProps('https.hsts.include_subdomains', { type: 'checkbox' })}
                  />
                  <Check
                    label={t('https.preload')}
                    description={t(mayPreload(https.hsts) ? 'https.preloadHelp' : 'https.preloadNeeds')}
                    disabled={!mayPreload(https.hsts)}
                    {...form.getInputProps('https.hsts.preload', { type: 'checkbox' })}
                    checked={https.hsts.preload && mayPreload(https.hsts)}
                  />
                </>
              )}
            </Stack>
          </Fieldset>
        </>
      )}
    </ChangeForm>
  )
}
