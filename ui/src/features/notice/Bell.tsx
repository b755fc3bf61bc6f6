import { ActionIcon } from '@mantine/core'
import { IconBell } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { useEvents } from '../../app/events'
import { number } from '../../app/format'
import { useUrl } from '../../app/url'
import { noticeWords } from './notices'
import './notice.css'

const NoticeDrawer = lazy(() => import('./NoticeDrawer').then((file) => ({ default: file.NoticeDrawer })))

/** The drawer's name in the address. */
const OPEN = 'notices'
/** Where no events come, it is looked so often. */
const EVERY = 60_000

/** What is said of notices that were not there before: once, and nothing about those that were there from the beginning. */
function useNews() {
  const { t } = useTranslation()
  const { data } = useQuery({ ...queries.notices(), refetchInterval: EVERY })
  const known = useRef<Map<string, string>>(undefined)
  const [news, setNews] = useState('')
  useEffect(() => {
    if (!data) return
    const unread = data.items.filter((notice) => !notice.read)
    const fresh = known.current ? unread.filter((notice) => known.current?.get(notice.id) !== notice.last_at) : []
    known.current = new Map(data.items.map((notice) => [notice.id, notice.last_at]))
    const [first] = fresh
    if (first) setNews(t('notices.came', { count: fresh.length, first: noticeWords(first) }))
  }, [data, t])
  return { unread: data?.unread ?? 0, any: (data?.items.length ?? 0) > 0, news }
}

/** The notices' button: how many are unread. Events make it look again. */
export function Bell() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [{ open }, setUrl] = useUrl()
  const { unread, any, news } = useNews()
  const { events } = useEvents()
  const newest = events[0]
  const seen = useRef(newest?.cursor)
  useEffect(() => {
    if (!newest || newest.cursor === seen.current) return
    seen.current = newest.cursor
    // what is well can only settle what is there
    if (newest.severity !== 'info' || any) void client.invalidateQueries({ queryKey: ['notice'] })
  }, [newest, any, client])
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setUrl({ open: undefined })
    // once the drawer is gone, the focus is where it came from
    setTimeout(() => button.current?.focus(), 50)
  }
  return (
    <div className="bell">
      <ActionIcon
        ref={button}
        variant="subtle"
        color="slate"
        size={36}
        aria-label={t('notices.button', { count: unread })}
        aria-haspopup="dialog"
        onClick={() => setUrl({ open: OPEN })}
      >
        <IconBell size={18} stroke={1.6} />
      </ActionIcon>
      {unread > 0 && (
        <span className="bell-count" aria-hidden>
          {unread > 99 ? '99+' : number(unread)}
        </span>
      )}
      <span className="sr" role="status" aria-live="polite">
        {news}
      </span>
      <Suspense>{open === OPEN && <NoticeDrawer onClose={close} />}</Suspense>
    </div>
  )
}
