import { Button, CloseButton, Group, Stack, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isNamePart, useUrl } from '../app/url'

/** A page: its name, its primary action at the top right, and all else below. */
export function Page({
  title,
  aside,
  action,
  children,
}: {
  title: string
  aside?: ReactNode
  action?: ReactNode
  children: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} - Holdfast`
  }, [title])
  return (
    <Stack gap="md" miw={0}>
      <div className="page-head">
        <Group gap="sm">
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {aside}
        </Group>
        <Group gap="xs">{action}</Group>
      </div>
      {children}
    </Stack>
  )
}

/** Opens the drawer that makes a new object; the address says that it is open. */
export function CreateButton({ children }: { children: ReactNode }) {
  const [, setUrl] = useUrl()
  return (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setUrl({ open: 'new' })} data-create>
      {children}
    </Button>
  )
}

/** What a list is narrowed to; the address holds it. */
export function Filter({ label }: { label: string }) {
  const { t } = useTranslation()
  const [{ q = '' }, setUrl] = useUrl()
  const [text, setText] = useState(q)
  const push = useDebouncedCallback(
    (next: string) => setUrl({ q: next, cursor: undefined, fresh: undefined }, true),
    200,
  )
  useEffect(() => setText(q), [q])
  const change = (next: string) => {
    setText(next)
    if (isNamePart(next.trim())) push(next.trim())
  }
  return (
    <TextInput
      type="text"
      role="searchbox"
      aria-label={label}
      placeholder={label}
      data-filter
      error={isNamePart(text.trim()) ? undefined : t('table.badFilter')}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={text && <CloseButton size="sm" aria-label={t('table.clear')} onClick={() => change('')} />}
      maw={360}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}

/** The paging of a list that the address holds. Back goes to the page before. */
export function usePaging(next: string | null | undefined) {
  const [{ cursor }, setUrl] = useUrl()
  return {
    isFirst: !cursor,
    next,
    onFirst: () => setUrl({ cursor: undefined }),
    onNext: (to: string) => setUrl({ cursor: to }),
  }
}

/** Names and values of an object. What is not there is left out. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
