import { Tooltip } from '@mantine/core'
import { exact, relative } from '../app/format'

/** A moment: how long ago, and exactly on hover, on focus and for a screen reader. */
export function Time({ at, none = '' }: { at: string | null | undefined; none?: string }) {
  if (!at) return <>{none}</>
  return (
    <Tooltip label={exact(at)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }} title={exact(at)}>
        {relative(at)}
      </time>
    </Tooltip>
  )
}
