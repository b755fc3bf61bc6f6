// Sets the colours and the direction before the first paint, so that nothing flashes.
;(() => {
  const root = document.documentElement
  const scheme = localStorage.getItem('mantine-color-scheme-value')
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  root.setAttribute(
    'data-mantine-color-scheme',
    scheme === 'light' || scheme === 'dark' ? scheme : dark ? 'dark' : 'light',
  )
  const language = localStorage.getItem('language')
  if (language) root.lang = language
  if (language === 'ar') root.dir = 'rtl'
})()
