import { ActionIcon, CopyButton, Menu, Tooltip } from '@mantine/core'
import { IconCheck, IconCode, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Change } from '../api/change'
import { asCommand, asCurl } from '../api/copy'

/** Every button is a call of the public API: here it is, to be done elsewhere. */
export function CopyCommand({ change }: { change: Change }) {
  const { t } = useTranslation()
  const ways = [
    { name: t('copy.command'), text: asCommand(change) },
    { name: t('copy.curl'), text: asCurl(change) },
  ]
  return (
    <Menu position="top-start" transitionProps={{ duration: 0 }} withinPortal closeOnItemClick={false}>
      <Menu.Target>
        <Tooltip label={t('copy.title')}>
          <ActionIcon variant="subtle" color="slate" size={36} aria-label={t('copy.title')}>
            <IconCode size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {ways.map((way) => (
          <CopyButton key={way.name} value={way.text}>
            {({ copied, copy }) => (
              <Menu.Item
                onClick={copy}
                leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              >
                {copied ? t('copy.copied') : way.name}
              </Menu.Item>
            )}
          </CopyButton>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** A text to be taken along: a link, a token, a code. */
export function CopyText({ value, label }: { value: string; label: string }) {
  const { t } = useTranslation()
  return (
    <div style={{ display: 'flex', gap: 8, alignItems: 'flex-start' }}>
      <code className="mono ltr" style={{ flex: 1, padding: 8, background: 'var(--well)', borderRadius: 4 }}>
        {value}
      </code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="default"
            size={36}
            onClick={copy}
            aria-label={copied ? t('copy.copied') : t('copy.what', { what: label })}
          >
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        )}
      </CopyButton>
    </div>
  )
}
