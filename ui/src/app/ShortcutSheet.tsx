import { Kbd, Modal, Stack, Switch } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFocusBack } from '../components/useFocusBack'
import { SHORTCUTS } from './keys'
import { PAGES } from './navigation'
import { useMe } from './session'
import { areSingleKeysOn, setSingleKeys } from './shortcuts'

/** Every key that does something. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  useFocusBack()
  const { t } = useTranslation()
  const { may } = useMe()
  const [isOn, setOn] = useState(areSingleKeysOn)
  const pages = PAGES.filter((item) => may(item.needs))
  const keys: [readonly string[], string][] = [
    ...SHORTCUTS.map(({ keys, words }): [readonly string[], string] => [keys, t(words)]),
    ...pages.map((item): [string[], string] => [['g', item.letter], t(`nav.${item.key}`)]),
  ]
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('keys.title')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack>
        <Switch
          label={t('keys.single')}
          checked={isOn}
          onChange={(event) => {
            setSingleKeys(event.currentTarget.checked)
            setOn(event.currentTarget.checked)
          }}
        />
        <dl className="facts">
          {keys.map(([combination, what]) => (
            <div key={what} style={{ display: 'contents' }}>
              <dt>
                {combination.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Stack>
    </Modal>
  )
}
