import { useNavigate } from '@tanstack/react-router'
import { type Search, useUrl } from './url'

/** What lists are about: one organisation with those below it, or one account. Nothing: all that the caller may see. */
export type Scope = { organisation?: string; account?: string }

/** The scope as the address has it, such as `organisation.acme`. */
export const scopeText = ({ organisation, account }: Scope) =>
  account ? `account.${account}` : organisation ? `organisation.${organisation}` : undefined

export function readScope(text: string | undefined): Scope {
  const [, kind, name] = /^(organisation|account)\.(.+)$/.exec(text ?? '') ?? []
  return kind && name ? { [kind]: name } : {}
}

/** What is looked at. The address holds it, so a reload, a link and a new window do, too. */
export function useScope() {
  const [{ scope }] = useUrl()
  const navigate = useNavigate()
  const setScope = (next: Scope) =>
    void navigate({
      to: '.',
      // another scope has other pages of the list
      search: (before: Search) => ({
        ...before,
        cursor: undefined,
        page: undefined,
        fresh: undefined,
        scope: scopeText(next),
      }),
    })
  return { ...readScope(scope), setScope }
}
