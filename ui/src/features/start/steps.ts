/** The steps of the first run, in their order; each is an address of its own. */
export const STEPS = ['you', 'server', 'name', 'roles', 'plan', 'done'] as const

export type StepName = (typeof STEPS)[number]

export const stepOf = (text: string | undefined): StepName | undefined => STEPS.find((step) => step === text)

const KEPT = 'start'

/** Where this browser was last, so that a run that was left goes on there. */
export type Place = { step?: string; roles?: string }

export function lastPlace(): Place {
  try {
    const place: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '{}')
    return typeof place === 'object' && place !== null ? (place as Place) : {}
  } catch {
    return {}
  }
}

export const keepPlace = (place: Place) => localStorage.setItem(KEPT, JSON.stringify(place))

/** Whether this browser ever began. */
export const hasBegun = () => localStorage.getItem(KEPT) !== null

/** Stands for no role at all: an empty value would be left out of the address. */
const NONE = 'none'

/** The roles that an address has chosen; undefined: it says nothing, and what is usual counts. */
export const rolesOf = (text: string | undefined): string[] | undefined =>
  text === undefined ? undefined : text.split(',').filter((name) => /^[a-z][a-z0-9-]*$/.test(name) && name !== NONE)

export const rolesText = (roles: string[]) => (roles.length ? roles.join(',') : NONE)

/** What is installed where nobody says otherwise. */
export const USUAL_ROLES = ['web']
