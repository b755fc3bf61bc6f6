import { lazy, Suspense, useState } from 'react'
import { exact, relative } from '../app/format'

const Tip = lazy(() => import('./layers').then((file) => ({ default: file.Tip })))

/** A finger has no hover: what it touched is shown for so long. */
const TOUCHED = 3000

/** A moment: how long ago, and exactly under the pointer, under a finger and for a screen reader. Lists have hundreds: idle, it is plain. */
export function Time({ at, none = '' }: { at: string | null | undefined; none?: string }) {
  const [isOver, setOver] = useState<boolean>()
  if (!at) return <>{none}</>
  const time = (
    <time
      dateTime={at}
      style={{ whiteSpace: 'nowrap' }}
      title={isOver === undefined ? exact(at) : undefined}
      onPointerEnter={(event) => {
        setOver(true)
        if (event.pointerType === 'touch') setTimeout(() => setOver(false), TOUCHED)
      }}
      onPointerLeave={(event) => event.pointerType !== 'touch' && setOver(false)}
    >
      {relative(at)}
    </time>
  )
  if (isOver === undefined) return time
  return (
    <Suspense fallback={time}>
      <Tip label={exact(at)} isOpen={isOver}>
        {time}
      </Tip>
    </Suspense>
  )
}
