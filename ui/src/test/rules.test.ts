import { describe, expect, it } from 'vitest'
import { ALL, draftOf, fieldsOf, moved, newDraft, type Person, type Rule, ruleOf } from '../features/web/rules/kinds'
import en from '../locales/en.json'

const rule = (value: unknown) => value as Rule

describe('rules of a site', () => {
  it('come back from the form as they went in', () => {
    const rules = [
      { redirect: { from: '/old/**', to: '/new/$1', code: 308, keep_query: true } },
      { addresses: { path: '/admin', networks: ['203.0.113.0/24', '2001:db8::/32'], others: 'deny' } },
      { cache: { endings: ['css', 'js'], seconds: 0 } },
      { password: { realm: 'Members only', users: [{ name: 'alice' }] } },
      { error_page: { status: 404, page: '/404.html' } },
      { set_header: { name: 'X-A', value: "default-src 'self', a; b" } },
    ]
    for (const one of rules) {
      const draft = draftOf(rule(one))
      expect(draft && ruleOf(draft)).toEqual(one)
    }
  })

  it('send a password where one was typed, and none where it stays', () => {
    const draft = draftOf(rule({ password: { realm: 'a', users: [{ name: 'alice' }, { name: 'bob' }] } }))
    if (!draft) throw new Error('no draft')
    const people = draft.values.users as Person[]
    draft.values.users = people.map((one) => (one.name === 'bob' ? { ...one, password: 'open sesame' } : one))
    expect(ruleOf(draft)).toEqual({
      password: { realm: 'a', users: [{ name: 'alice' }, { name: 'bob', password: 'open sesame' }] },
    })
  })

  it('send what is no number as it is, so that it is refused at its field', () => {
    const draft = newDraft('cache')
    draft.values.seconds = 'soon'
    expect(ruleOf(draft)).toEqual({ cache: { seconds: 'soon' } })
  })

  it('are not taken for another kind where the panel knows more than this page', () => {
    expect(draftOf(rule({ teleport: { to: '/' } }))).toBeUndefined()
  })

  it('have words for every kind and field', () => {
    for (const kind of ALL) {
      expect(en.rules.kinds, kind).toHaveProperty(kind)
      expect(en.rules.about, kind).toHaveProperty(kind)
      for (const { name } of fieldsOf(kind)) expect(en.rules.fields, `${kind} ${name}`).toHaveProperty(name)
    }
  })

  it('move to another place and stay all there', () => {
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b'], 0, 9)).toEqual(['b', 'a'])
  })
})
