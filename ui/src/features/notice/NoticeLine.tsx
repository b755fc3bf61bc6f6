import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { said } from '../../app/i18n'
import { Badge, type Tone } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { type Notice, type NoticeObject, noticeWords, objectsOf, placeOf } from './notices'

const TONES: Record<string, Tone> = { info: 'off', warning: 'warning', error: 'bad' }
/** So many objects are named at once; the others open. */
const NAMED = 3

function ObjectName({ notice, object }: { notice: Notice; object: NoticeObject }) {
  const place = placeOf(notice, object)
  const kind = said(`kind.${object.kind}`) ?? object.kind
  return (
    <li>
      {kind}{' '}
      {place ? (
        <Link className="cell-link" {...place} data-server>
          {object.name}
        </Link>
      ) : (
        <strong data-server>{object.name}</strong>
      )}
    </li>
  )
}

/** One notice, about however many objects, each of which leads to its page. */
export function NoticeLine({ notice }: { notice: Notice }) {
  const { t } = useTranslation()
  const first = notice.objects.slice(0, NAMED)
  const rest = notice.objects.slice(NAMED)
  const names = (objects: NoticeObject[]) =>
    objects.map((object) => <ObjectName key={object.kind + object.id} notice={notice} object={object} />)
  return (
    <li className="notice" data-unread={!notice.read || undefined}>
      <div>
        <Badge tone={TONES[notice.severity] ?? 'off'}>{said(`severity.${notice.severity}`) ?? notice.severity}</Badge>{' '}
        {!notice.read && (
          <Badge tone="moving" bare>
            {t('notices.new')}
          </Badge>
        )}{' '}
        <strong>{noticeWords(notice)}</strong>
      </div>
      <ul className="notice-objects">{names(first)}</ul>
      {(rest.length > 0 || notice.more > 0) && (
        <details>
          <summary>{t('notices.rest', { count: objectsOf(notice) - first.length })}</summary>
          <ul className="notice-objects">{names(rest)}</ul>
          {notice.more > 0 && (
            <Text size="sm" c="dimmed">
              {t('notices.more', { count: notice.more })}
            </Text>
          )}
        </details>
      )}
      <Text size="sm" c="dimmed">
        <Time at={notice.last_at} />
        {notice.count > 1 && (
          <>
            {' · '}
            {t('event.times', { count: notice.count })} · {t('notices.first')} <Time at={notice.first_at} />
          </>
        )}
      </Text>
    </li>
  )
}
