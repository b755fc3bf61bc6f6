import i18n from 'i18next'
import { initReactI18next } from 'react-i18next'
import type en from '../locales/en.json'
import { keepLanguage, textsFor, textsOf } from './locales'

export { LANGUAGES, preferredLanguage } from './locales'

/** Loads a language's texts and speaks it from now on, in this browser. */
export async function setLanguage(language: string) {
  const texts = textsFor(language)
  if (!i18n.hasResourceBundle(texts, 'translation')) {
    i18n.addResourceBundle(texts, 'translation', await textsOf(language))
  }
  await i18n.changeLanguage(language)
  document.documentElement.lang = language
  document.documentElement.dir = i18n.dir(language)
  keepLanguage(language)
}

void i18n.use(initReactI18next).init({
  resources: {},
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
