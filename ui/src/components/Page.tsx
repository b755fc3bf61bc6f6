import { Button, CloseButton, Group, Stack, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePageActions } from '../app/actions'
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
export function CreateButton({ children }: { children: string }) {
  const [, setUrl] = useUrl()
  const run = () => setUrl({ open: 'new' })
  usePageActions([{ id: 'create', label: children, key: 'c', run }])
  return (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={run} data-create>
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
    // one step back is before what was typed, not before its last letter
    (next: string) => setUrl({ q: next, cursor: undefined, page: undefined, fresh: undefined }, !!q && !!next),
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

/** The paging of a list that the address holds: the cursor, and for people the number of the page. */
export function usePaging(next: string | null | undefined) {
  const [{ cursor, page }, setUrl] = useUrl()
  const trail = useLocation({ select: ({ state }) => state.trail }) ?? NO_TRAIL
  const number = Math.max(1, Math.trunc(Number(page)) || 1)
  const onFirst = () => setUrl({ cursor: undefined, page: undefined })
  const before = trail.at(-1)
  return {
    isFirst: !cursor,
    next,
    page: cursor ? number : 1,
    onFirst,
    // a link into the middle of a list knows the first page, and none between
    onBack:
      cursor && before !== undefined
        ? () =>
            setUrl(
              { cursor: before || undefined, page: before && number > 2 ? String(number - 1) : undefined },
              false,
              trail.slice(0, -1),
            )
        : cursor && number === 2
          ? onFirst
          : undefined,
    onNext: (to: string) => setUrl({ cursor: to, page: String(number + 1) }, false, [...trail, cursor ?? '']),
  }
}

const NO_TRAIL: string[] = []

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
