import type { Schemas } from './problem'

/** Browsers that turn the API's JSON into what they take themselves. */
export const arePasskeysTaken = () =>
  typeof PublicKeyCredential !== 'undefined' && 'parseCreationOptionsFromJSON' in PublicKeyCredential

type Question = Schemas['PasskeyQuestion']

const publicKeyOf = (question: Question) => (question.options as { publicKey?: unknown }).publicKey ?? question.options

/** Has the browser make a passkey. */
export async function makePasskey(question: Question): Promise<object> {
  const options = publicKeyOf(question) as PublicKeyCredentialCreationOptionsJSON
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null
  if (!made) throw new Error('no credential')
  return made.toJSON()
}

/** Has the browser show a passkey. */
export async function showPasskey(question: Question): Promise<Schemas['ShownPasskey']> {
  const options = publicKeyOf(question) as PublicKeyCredentialRequestOptionsJSON
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null
  if (!shown) throw new Error('no credential')
  return { question: question.question, credential: shown.toJSON() as never }
}
