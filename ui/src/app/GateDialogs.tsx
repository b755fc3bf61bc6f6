import { lazy, Suspense, useEffect, useState } from 'react'
import { type Ask, setAsker } from '../api/gate'

const SignInAgain = lazy(() => import('./GateForms').then((file) => ({ default: file.SignInAgain })))
const StepUp = lazy(() => import('./GateForms').then((file) => ({ default: file.StepUp })))

type Open = { ask: Ask; answer: (yes: boolean) => void }

/**
 * The two dialogs that stand above everything: the session is over, or the password is wanted once more. What is below stays as it is,
 * and the request that waits is sent again.
 */
export function GateDialogs() {
  const [open, setOpen] = useState<Open>()
  useEffect(() => {
    setAsker((ask) => new Promise((answer) => setOpen({ ask, answer })))
    return () => setAsker(undefined)
  }, [])
  if (!open) return null
  const answer = (yes: boolean) => {
    setOpen(undefined)
    open.answer(yes)
  }
  return <Suspense>{open.ask === 'sign-in' ? <SignInAgain answer={answer} /> : <StepUp answer={answer} />}</Suspense>
}
