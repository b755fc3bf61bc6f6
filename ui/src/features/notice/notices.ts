import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { pageOf } from '../../components/EventLine'

export type Notice = Schemas['Notice']
export type NoticeObject = Schemas['NoticeObject']

/** How many objects a notice is about. */
export const objectsOf = (notice: Notice) => notice.objects.length + notice.more

/** What a notice says, in one sentence about all that it gathers. Codes of later releases are shown as they are. */
export function noticeWords(notice: Notice): string {
  const count = objectsOf(notice)
  const code = notice.code.replaceAll('.', '_')
  const known = said(`notices.words.${notice.topic}_${code}`, { count }) ?? said(`notices.words.${code}`, { count })
  return known ?? said('notices.other', { count, code: notice.code }) ?? notice.code
}

/** Where one looks after an object of a notice. */
export function placeOf(notice: Notice, object: NoticeObject) {
  if (notice.topic === 'drift') return { to: '/changes', params: {} }
  if (notice.topic === 'unknown') return { to: '/adoption', params: {} }
  if (object.kind === 'webhook') return { to: '/webhooks/$webhook', params: { webhook: object.id } }
  if (object.kind === 'person') return { to: '/people/$person', params: { person: object.name } }
  return pageOf(object.kind, object.name, object.id)
}

/** What Home shows beside the objects that are not as asked: those stand there themselves, by how they are now. */
export const forHome = (items: Notice[]) =>
  items.filter((notice) => !notice.read && !['objects', 'drift', 'unknown'].includes(notice.topic))
