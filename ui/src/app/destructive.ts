/**
 * Every operation that takes something away, and how a person is asked first. A test walks the API's description: an operation that
 * deletes and is not here fails it.
 *
 * - `name`: it cannot be undone; the object's name is typed.
 * - `confirm`: the consequence is said, and one button does it.
 */
export const DESTRUCTIVE = {
  account_delete: 'name',
  account_member_remove: 'confirm',
  account_suspend: 'confirm',
  adoption_decide: 'name',
  authority_delete: 'name',
  certificate_delete: 'name',
  identity_provider_delete: 'name',
  identity_unlink: 'confirm',
  invitation_decline: 'confirm',
  job_cancel: 'confirm',
  organisation_delete: 'name',
  organisation_member_remove: 'confirm',
  organisation_suspend: 'confirm',
  package_delete: 'name',
  passkey_delete: 'confirm',
  person_delete: 'name',
  person_session_revoke: 'confirm',
  person_session_revoke_all: 'confirm',
  person_suspend: 'confirm',
  person_token_delete: 'confirm',
  person_token_delete_all: 'confirm',
  recovery_codes_create: 'confirm',
  role_delete: 'name',
  session_revoke: 'confirm',
  site_delete: 'name',
  site_disable: 'confirm',
  site_suspend: 'confirm',
  token_delete: 'confirm',
  token_delete_all: 'confirm',
  totp_delete: 'confirm',
  webhook_delete: 'name',
  webhook_drop: 'confirm',
  webhook_rotate_secret: 'confirm',
} as const

export type DestructiveId = keyof typeof DESTRUCTIVE

/** What deletes and needs no question, and why. */
export const HARMLESS: Record<string, string> = {
  session_delete: 'Signing out takes nothing away.',
  act_as_consent_withdraw: 'Consent can be given again at once.',
}

/** What deletes and has no button yet: the command does it. A page that calls one moves it above. */
export const WITHOUT_PAGE: string[] = []
