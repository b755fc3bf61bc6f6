/** Languages by the name that they have in themselves. The pseudo-language is for tests. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const

type Texts = { default: object }

/** A window loads the texts of the language that it speaks, and no other. */
const load: Record<string, () => Promise<Texts>> = {
  en: () => import('../locales/en.json'),
  de: () => import('../locales/de.json'),
  'en-XA': () => import('../locales/en-XA.json'),
}

/** Whose texts a language is shown with. `ar` proves the other direction, with English texts. */
export const textsFor = (language: string) => (language in load ? language : 'en')

/** The texts of a language; asked for once however often it is called. */
export const textsOf = async (language: string): Promise<object> =>
  (await (load[textsFor(language)] as () => Promise<Texts>)()).default

const KEPT = 'language'

/** What was chosen in this browser, or else what the browser prefers. */
export function preferredLanguage(): string {
  const kept = localStorage.getItem(KEPT)
  if (kept) return kept
  const found = navigator.languages
    .map((language) => language.split('-')[0])
    .find((language) => language && language in LANGUAGES)
  return found ?? 'en'
}

/** The choice of a language lasts, here and on the sign-in page. */
export function keepLanguage(language: string) {
  localStorage.setItem(KEPT, language)
  // the sign-in page, which comes from the server, speaks it too
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `__Host-language=${language}; Path=/; Max-Age=31536000; Secure; SameSite=Lax`
}
