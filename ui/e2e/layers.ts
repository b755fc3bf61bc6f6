import type { Page } from '@playwright/test'
import type { DestructiveId } from '../src/app/destructive'
import { example, operation } from './api'
import { job } from './jobs'

/** How a layer is brought up: where one goes, what is there that is not on every server, and what is pressed. */
export type Layer = {
  at: string
  /** Answers in place of the server's, by operation; a function gets the real one. */
  given?: Record<string, object | ((real: never) => object)>
  press?: readonly Press[]
}
type Press = { button: string } | { item: string } | { row: string }

/** The actions of the object whose page this is. */
const actions = (item: string) => [{ button: 'Actions' }, { item }] as const
/** The actions of a row. */
const row = (name: string, item: string) => [{ row: `Actions of ${name}` }, { item }] as const
const button = (name: string) => [{ button: name }] as const

const suspended = (real: object) => ({ ...real, suspended: true, suspended_by: ['organisation'] })
const list = (...items: object[]) => ({ items, next_cursor: null })
const token = (name: string) => example('TokenView', { id: name, name })
const session = (name: string) =>
  example('SessionRow', { id: name, agent: name, current: false, origin: '203.0.113.9' })
const passkeys = { passkey_list: list(example('PasskeyView', { name: 'phone', panel: 'panel.test' })) }
const factors = {
  second_factor_show: example('SecondFactorView', { totp_since: '2026-01-01T12:00:00Z', asked: true }),
}
const invitations = {
  invitation_list: list(example('Invitation', { id: 'one', account: 'alice', role: 'owner', invited_by: 'bob' })),
}
const drift = (...actions: string[]) => ({
  drift_list: list(
    example('DriftView', {
      kind: 'site',
      id: '1',
      name: 'www.alice.test',
      path: '/etc/nginx/a.conf',
      actions,
    }),
  ),
})

const adoption = (item: object) => ({
  adoption_list: list(
    example('AdoptionView', {
      kind: 'site',
      id: '0199d0b4-0000-7000-8000-000000000009',
      name: 'other.alice.test',
      account: 'alice',
      changes: [{ field: 'body_size', panel: null, host: '8M' }],
      ...item,
    }),
  ),
})
const unknown = (item = {}) => adoption({ why: 'unknown', choices: ['take_over', 'keep', 'remove'], ...item })
const behind = adoption({ why: 'behind', panel_generation: 2, host_generation: 3, choices: ['panel', 'host'] })
const identities = {
  identity_list: list(example('Identity', { id: 'one', provider: 'corp', label: 'Example Corp', enabled: true })),
}

const AUTHORITIES = '/settings?tab=authorities'
const authorities = {
  authority_list: list(
    example('Authority', {
      id: 'one',
      name: 'letsencrypt',
      directory: 'https://acme-v02.api.letsencrypt.org/directory',
      eab_key_id: 'kid',
      default: true,
      registered: true,
    }),
  ),
}
const CERTIFICATE = '/certificates/0199d0b4-0000-7000-8000-00000000000c'
const certificate = (more: object) => ({
  certificate_show: example('Certificate', {
    id: CERTIFICATE.split('/').at(-1),
    account: 'alice',
    names: ['shop.alice.test', 'www.alice.test'],
    source: 'brought',
    key_kind: 'ecdsa',
    issuer: 'Example CA',
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2036-01-01T00:00:00Z',
    condition: 'ready',
    site: null,
    order: null,
    ...more,
  }),
})

const IDENTITIES = '/profile?tab=identities'
const SIGN_IN = '/profile?tab=sign-in'
const TOKENS = '/profile?tab=tokens'

/** What takes something away: each operation of `destructive.ts`, and where a person meets its question. */
export const CONFIRMS: Record<DestructiveId, Layer> = {
  account_delete: { at: '/accounts/alice', press: actions('Delete') },
  account_member_remove: { at: '/accounts/alice?tab=members', press: row('alice', 'Remove') },
  account_suspend: { at: '/accounts/alice', press: actions('Suspend') },
  adoption_decide: { at: '/adoption', given: unknown(), press: button('Take off the server') },
  authority_delete: { at: AUTHORITIES, given: authorities, press: row('letsencrypt', 'Delete') },
  certificate_delete: { at: CERTIFICATE, given: certificate({}), press: actions('Delete') },
  identity_provider_delete: { at: '/identity-providers', press: row('corp', 'Delete') },
  identity_unlink: { at: IDENTITIES, given: identities, press: button('Unlink Example Corp') },
  invitation_decline: { at: '/', given: invitations, press: button('Decline') },
  job_cancel: {
    at: '/jobs',
    given: { job_list: list(job('one')) },
    press: button('Cancel: Install the role: Web'),
  },
  organisation_delete: { at: '/organisations/acme', press: actions('Delete') },
  organisation_member_remove: {
    at: '/organisations/acme?tab=members',
    given: {
      organisation_member_list: list(
        example('Member', { login: 'bob', role: 'support', state: 'member', in_force: true }),
      ),
    },
    press: row('bob', 'Remove'),
  },
  organisation_suspend: { at: '/organisations/acme', press: actions('Suspend') },
  package_delete: { at: '/packages', press: row('small', 'Delete') },
  passkey_delete: { at: SIGN_IN, given: passkeys, press: button('Delete') },
  person_delete: { at: '/people/bob', press: actions('Delete') },
  person_session_revoke: {
    at: '/people/bob?tab=sessions',
    given: { person_session_list: list(session('one')) },
    press: button('End'),
  },
  person_session_revoke_all: {
    at: '/people/bob?tab=sessions',
    given: { person_session_list: list(session('one'), session('two')) },
    press: button('End all sessions'),
  },
  person_suspend: { at: '/people/bob', press: actions('Suspend') },
  person_token_delete: {
    at: '/people/bob?tab=tokens',
    given: { person_token_list: list(token('one')) },
    press: button('Delete'),
  },
  person_token_delete_all: {
    at: '/people/bob?tab=tokens',
    given: { person_token_list: list(token('one'), token('two')) },
    press: button('Delete all tokens'),
  },
  recovery_codes_create: { at: SIGN_IN, given: factors, press: button('New recovery codes') },
  role_delete: { at: '/roles', press: row('helpdesk', 'Delete') },
  session_revoke: {
    at: '/profile?tab=sessions',
    given: { session_list: list(session('one')) },
    press: button('End'),
  },
  site_delete: { at: '/sites', press: row('www.alice.test', 'Delete') },
  site_disable: { at: '/sites/www.alice.test', press: actions('Switch off') },
  site_suspend: { at: '/sites/www.alice.test', press: actions('Suspend') },
  token_delete: { at: TOKENS, given: { token_list: list(token('one')) }, press: button('Delete') },
  token_delete_all: {
    at: TOKENS,
    given: { token_list: list(token('one'), token('two')) },
    press: button('Delete all tokens'),
  },
  totp_delete: { at: SIGN_IN, given: factors, press: button('Remove the authenticator') },
  webhook_delete: { at: '/webhooks', press: row('hook', 'Delete') },
  webhook_drop: { at: '/webhooks', press: [{ button: 'hook' }, { button: 'Drop dead letters' }] },
  webhook_rotate_secret: { at: '/webhooks', press: row('hook', 'New secret') },
}

/** What takes nothing away and is looked at first. The key is that of its words. */
export const ACTS: Record<string, Layer & { operation: string }> = {
  account_unsuspend: {
    operation: 'account_unsuspend',
    at: '/accounts/alice',
    given: { account_show: suspended },
    press: actions('Let it go on'),
  },
  act_as_create: { operation: 'act_as_create', at: '/people/bob', press: actions('Act as this person') },
  adopt_host: { operation: 'adoption_decide', at: '/adoption', given: behind, press: button('The server rules') },
  adopt_keep: { operation: 'adoption_decide', at: '/adoption', given: unknown(), press: button('Keep as it is') },
  adopt_panel: { operation: 'adoption_decide', at: '/adoption', given: behind, press: button('The database rules') },
  adopt_take_over: { operation: 'adoption_decide', at: '/adoption', given: unknown(), press: button('Take over') },
  certificate_renew: {
    operation: 'certificate_renew',
    at: CERTIFICATE,
    given: certificate({ source: 'authority' }),
    press: actions('Order now'),
  },
  certificate_retry: {
    operation: 'certificate_retry',
    at: CERTIFICATE,
    given: certificate({ condition: 'failed' }),
    press: actions('Try again'),
  },
  drift_resume: { operation: 'drift_decide', at: '/changes', given: drift('resume'), press: button('Go on') },
  drift_revert: { operation: 'drift_decide', at: '/changes', given: drift('revert'), press: button('Revert') },
  identity_link: { operation: 'identity_link', at: IDENTITIES, press: button('Link Example Corp') },
  invitation_accept: { operation: 'invitation_accept', at: '/', given: invitations, press: button('Accept') },
  login_link_create: { operation: 'login_link_create', at: '/people/bob', press: actions('Make a sign-in link') },
  organisation_unsuspend: {
    operation: 'organisation_unsuspend',
    at: '/organisations/acme',
    given: { organisation_show: suspended },
    press: actions('Let it go on'),
  },
  person_unsuspend: {
    operation: 'person_unsuspend',
    at: '/people/bob',
    given: { person_show: suspended },
    press: actions('Let it go on'),
  },
  site_approve: {
    operation: 'site_approve',
    at: '/sites/www.alice.test',
    given: { site_show: (site: object) => ({ ...site, pending_names: ['www.alice.test'] }) },
    press: actions('Approve names'),
  },
  site_enable: {
    operation: 'site_enable',
    at: '/sites/www.alice.test',
    given: { site_show: (site: object) => ({ ...site, disabled: true }) },
    press: actions('Switch on'),
  },
  site_unsuspend: {
    operation: 'site_unsuspend',
    at: '/sites/www.alice.test',
    given: { site_show: suspended },
    press: actions('Let it go on'),
  },
  sweep_run: { operation: 'sweep_run', at: '/changes?tab=plan', press: button('Make the passes now') },
  webhook_redeliver: {
    operation: 'webhook_redeliver',
    at: '/webhooks',
    press: [{ button: 'hook' }, { button: 'Send dead letters again' }],
  },
  webhook_test: { operation: 'webhook_test', at: '/webhooks', press: [{ button: 'hook' }, { button: 'Send a test' }] },
}

/** Every form, by the operation that its values go to. */
export const FORMS: Record<string, Layer> = {
  account_create: { at: '/accounts?open=new' },
  account_edit: { at: '/accounts/alice', press: actions('Edit') },
  account_limits_edit: { at: '/accounts/alice', press: actions('Package and limits') },
  account_member_add: { at: '/accounts/alice?tab=members', press: button('Add member') },
  adoption_decide: { at: '/adoption', given: unknown({ kind: 'account' }), press: button('Take over') },
  authority_create: { at: AUTHORITIES, press: button('Add authority') },
  authority_edit: { at: AUTHORITIES, given: authorities, press: row('letsencrypt', 'Edit') },
  certificate_create: { at: '/certificates?open=new' },
  certificate_replace: { at: CERTIFICATE, given: certificate({}), press: actions('Replace chain') },
  drift_decide: { at: '/changes', given: drift('pause'), press: button('Pause') },
  identity_provider_create: { at: '/identity-providers?open=new' },
  identity_provider_edit: { at: '/identity-providers', press: row('corp', 'Edit') },
  networks_set: { at: SIGN_IN, press: button('Edit networks') },
  node_edit: { at: '/health', press: button('Edit addresses') },
  organisation_create: { at: '/organisations?open=new' },
  organisation_edit: { at: '/organisations/acme', press: actions('Edit') },
  organisation_limits_edit: { at: '/organisations/acme', press: actions('Limits') },
  organisation_member_add: { at: '/organisations/acme?tab=members', press: button('Add member') },
  package_create: { at: '/packages?open=new' },
  package_edit: { at: '/packages', press: row('small', 'Edit') },
  passkey_edit: { at: SIGN_IN, given: passkeys, press: button('Rename') },
  password_set: { at: SIGN_IN, press: button('Set the password') },
  person_create: { at: '/people?open=new' },
  person_edit: { at: '/people/bob', press: actions('Edit') },
  person_networks_set: { at: '/people/bob', press: button('Edit networks') },
  role_create: { at: '/roles?open=new' },
  role_edit: { at: '/roles', press: row('helpdesk', 'Edit') },
  setting_set: { at: '/settings', press: button('Edit event.keep_days') },
  site_create: { at: '/sites?open=new' },
  site_edit: { at: '/sites/www.alice.test', press: actions('Edit') },
  token_create: { at: TOKENS, press: button('Add token') },
  webhook_create: { at: '/webhooks?open=new' },
  webhook_edit: { at: '/webhooks', press: row('hook', 'Edit') },
}

/** Dialogs that are neither: each has its own way. */
export const OTHERS: Record<string, Layer> = {
  passkey_create: { at: SIGN_IN, press: button('Add passkey') },
  totp_offer: { at: SIGN_IN, press: button('Set up an authenticator') },
}

/** What takes a body and has no form of its own in the panel, and why. */
export const WITHOUT_FORM: Record<string, string> = {
  account_suspend: 'its question has the reason in it',
  act_as_consent_give: 'a button: consent for a day',
  act_as_create: 'a button on the page of a person',
  identity_link: 'a button of each provider',
  login_link_create: 'a button on the page of a person',
  notice_read: 'a button: all that is shown',
  organisation_suspend: 'its question has the reason in it',
  passkey_create: 'the browser makes it; only the name is typed',
  session_create: 'the sign-in page, and the dialog of an ended session',
  session_create_by_code: 'the sign-in page, and the dialog of an ended session',
  session_create_by_link: 'the sign-in page',
  session_create_by_passkey: 'the sign-in page',
  session_create_by_provider: 'the sign-in page',
  session_ask_for_passkey: 'the sign-in page',
  session_step_up: 'the dialog of a step-up',
  totp_confirm: 'the dialog that sets an authenticator up',
  webhook_drop: 'a question: all dead letters of the webhook',
  webhook_redeliver: 'a button: all dead letters of the webhook',
}

/** Answers reads in place of the server, where a layer needs what not every server has. */
export async function give(page: Page, given: Layer['given'] = {}) {
  for (const [id, answer] of Object.entries(given)) {
    const { method, pattern } = operation(id)
    await page.route(
      (url) => pattern.test(url.pathname),
      async (route) => {
        if (route.request().method() !== method) return route.fallback()
        if (typeof answer !== 'function') return route.fulfill({ json: answer })
        // a page that was left meanwhile wants no answer any more
        const real = await route.fetch().catch(() => undefined)
        const json = await real?.json().catch(() => undefined)
        if (json === undefined) return route.abort().catch(() => undefined)
        await route.fulfill({ response: real, json: answer(json as never) })
      },
    )
  }
}

/** Presses what opens a layer. */
export async function press(page: Page, steps: Layer['press'] = []) {
  for (const step of steps) {
    if ('item' in step) await page.getByRole('menuitem', { name: step.item, exact: true }).click()
    else if ('row' in step) await page.getByRole('button', { name: step.row, exact: true }).first().click()
    else {
      const name = { name: step.button, exact: true }
      await page.getByRole('button', name).or(page.getByRole('link', name)).first().click()
    }
  }
}
