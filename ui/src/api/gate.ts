/**
 * What stands between a request and its answer: the session is over, or the password is to be shown once more. A dialog asks; the request
 * waits, and is sent again. So nothing that somebody typed is lost.
 */
export type Ask = 'sign-in' | 'step-up'

type Asker = (ask: Ask) => Promise<boolean>

let asker: Asker | undefined
let asked: { ask: Ask; answer: Promise<boolean> } | undefined

/** The dialog that asks. There is one. */
export function setAsker(next: Asker | undefined) {
  asker = next
}

/** Asks, once for all requests that wait at the same time. False: the person does not want to. */
export function ask(what: Ask): Promise<boolean> {
  if (!asker) return Promise.resolve(false)
  if (asked?.ask !== what) {
    const mine = { ask: what, answer: asker(what) }
    asked = mine
    void mine.answer.finally(() => {
      if (asked === mine) asked = undefined
    })
  }
  return asked.answer
}
