import i18n from 'i18next'
import { initReactI18next } from 'react-i18next'
import en from '../locales/en.json'

/** Languages by the name that they have in themselves. The pseudo-language is for tests. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const

const load: Record<string, () => Promise<{ default: object }>> = {
  de: () => import('../locales/de.json'),
  'en-XA': () => import('../locales/en-XA.json'),
}

const KEPT = 'language'

/** Loads a language's texts and speaks it from now on, in this browser. `ar` proves the other direction, with English texts. */
export async function setLanguage(language: string) {
  const file = load[language]
  if (file && !i18n.hasResourceBundle(language, 'translation')) {
    i18n.addResourceBundle(language, 'translation', (await file()).default)
  }
  await i18n.changeLanguage(language)
  document.documentElement.lang = language
  document.documentElement.dir = i18n.dir(language)
  localStorage.setItem(KEPT, language)
}

/** What was chosen in this browser, or else what the browser prefers. */
export function preferredLanguage(): string {
  const kept = localStorage.getItem(KEPT)
  if (kept) return kept
  const found = navigator.languages
    .map((language) => language.split('-')[0])
    .find((language) => language && language in LANGUAGES)
  return found ?? 'en'
}

void i18n.use(initReactI18next).init({
  resources: { en: { translation: en } },
  lng: 'en',
  fallbackLng: 'en',
  load: 'currentOnly',
  interpolation: { escapeValue: false },
  returnNull: false,
})

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
  }
}

/** A text whose key is made at run time, such as that of a reason's code; undefined where there is none. */
export function said(key: string, values?: Record<string, unknown>): string | undefined {
  return i18n.exists(key, values)
    ? (i18n.t as unknown as (key: string, values?: object) => string)(key, values)
    : undefined
}

export default i18n
