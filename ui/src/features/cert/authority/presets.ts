/** A well-known authority: where its directory is, where its terms are, and whether it wants to know its customer. */
export type Preset = { key: string; label: string; name: string; directory: string; terms: string; eab?: true }

export const PRESETS: readonly Preset[] = [
  {
    key: 'letsencrypt',
    label: "Let's Encrypt",
    name: 'letsencrypt',
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
    terms: 'https://letsencrypt.org/repository/',
  },
  {
    key: 'staging',
    label: "Let's Encrypt (staging)",
    name: 'letsencrypt-staging',
    directory: 'https://acme-staging-v02.api.letsencrypt.org/directory',
    terms: 'https://letsencrypt.org/repository/',
  },
  {
    key: 'zerossl',
    label: 'ZeroSSL',
    name: 'zerossl',
    directory: 'https://acme.zerossl.com/v2/DV90',
    terms: 'https://zerossl.com/terms/',
    eab: true,
  },
  {
    key: 'google',
    label: 'Google Trust Services',
    name: 'google',
    directory: 'https://dv.acme-v02.api.pki.goog/directory',
    terms: 'https://pki.goog/',
    eab: true,
  },
]

/** The well-known authority with this directory, where it is one. */
export const presetOf = (directory: string) => PRESETS.find((preset) => preset.directory === directory.trim())

/** Its staging issues what no browser trusts: good for trying, and for nothing else. */
export const isStaging = (directory: string) => presetOf(directory)?.key === 'staging'
