import type { Schemas } from '../../../api/problem'

export type Authority = Schemas['Authority']

export type Values = {
  name: string
  directory: string
  contact: string
  terms_agreed: boolean
  default: boolean
  eab: { key_id: string; key: string }
  /** The authority asks for no key: the present one goes. */
  isUnbound: boolean
}

export const valuesOf = (authority?: Authority, isFirst = false): Values => ({
  name: authority?.name ?? '',
  directory: authority?.directory ?? '',
  contact: authority?.contact ?? '',
  terms_agreed: false,
  default: authority?.default ?? isFirst,
  eab: { key_id: authority?.eab_key_id ?? '', key: '' },
  isUnbound: false,
})

/** A new authority of these values: what is not given is left out. */
export function created({
  name,
  directory,
  contact,
  terms_agreed,
  eab,
  ...values
}: Values): Schemas['CreateAuthority'] {
  return {
    name: name.trim(),
    directory: directory.trim(),
    terms_agreed,
    ...(contact.trim() ? { contact: contact.trim() } : {}),
    ...(eab.key_id.trim() || eab.key ? { eab: { key_id: eab.key_id.trim(), key: eab.key.trim() } } : {}),
    default: values.default,
  }
}

/** What these values change of an authority. Its key stays unless another one is given, or it is told to go. */
export function edited(authority: Authority, values: Values): Schemas['EditAuthority'] {
  const before = valuesOf(authority)
  const { key_id, key } = values.eab
  const isBound = key !== '' || key_id.trim() !== before.eab.key_id
  return {
    ...(values.name.trim() !== before.name ? { name: values.name.trim() } : {}),
    ...(values.contact.trim() !== before.contact ? { contact: values.contact.trim() || null } : {}),
    ...(values.isUnbound
      ? authority.eab_key_id
        ? { eab: null }
        : {}
      : isBound
        ? { eab: { key_id: key_id.trim(), key: key.trim() } }
        : {}),
    ...(values.default !== before.default ? { default: values.default } : {}),
  }
}
