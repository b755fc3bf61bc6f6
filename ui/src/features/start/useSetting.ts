import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'

/** The value of a setting that is a text; undefined: not read yet, not set, or not this person's to see. */
export function useSetting(key: string): string | undefined {
  const { may } = useMe()
  const { data } = useQuery({ ...queries.settings(), enabled: may('GET /api/v1/settings') })
  const value = data?.items.find((setting) => setting.key === key)?.value
  return typeof value === 'string' ? value : undefined
}
