import {
  type CSSVariablesResolver,
  createTheme,
  type DrawerProps,
  defaultVariantColorsResolver,
  type LoaderProps,
  type MantineColorsTuple,
  type MenuProps,
  type ModalProps,
  type MultiSelectProps,
  type SelectProps,
  type TagsInputProps,
  type TextProps,
  type VariantColorsResolver,
} from '@mantine/core'
import i18n from './i18n'

const slate: MantineColorsTuple = [
  '#f6f8fa',
  '#eaeef2',
  '#d8dee4',
  '#c0c8d0',
  '#a1abb6',
  '#7f8a96',
  '#606b77',
  '#4a5460',
  '#333c47',
  '#1f262e',
]

const dark: MantineColorsTuple = [
  '#dde2e8',
  '#c0c8d0',
  '#a6adb5',
  '#7f8a96',
  '#4a5460',
  '#343a42',
  '#1c2026',
  '#15181c',
  '#101317',
  '#0b0d10',
]

/** Texts on tinted grounds need more contrast than Mantine's own shades have: the darkest on light, a light one on dark. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const usual = defaultVariantColorsResolver(input)
  const color = input.color || input.theme.primaryColor
  const isTinted = input.variant === 'light' || input.variant === 'subtle' || input.variant === 'transparent'
  if (!isTinted || !input.theme.colors[color]) return usual
  const onLight = `color-mix(in srgb, var(--mantine-color-${color}-9) 80%, black)`
  return { ...usual, color: `light-dark(${onLight}, var(--mantine-color-${color}-3))` }
}

/** Colours of texts; the test of contrasts reads them, too. */
export const tokens = {
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1c2128',
    '--mantine-color-dimmed': '#57606a',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-placeholder': '#6b7480',
    '--mantine-color-anchor': '#3b5bdb',
    '--mantine-color-default-border': '#d8dee4',
  },
  dark: {
    '--mantine-color-body': '#15181c',
    '--mantine-color-text': '#dde2e8',
    '--mantine-color-dimmed': '#a6adb5',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-placeholder': '#9aa0a6',
    '--mantine-color-anchor': '#91a7ff',
    '--mantine-color-default-border': '#343a42',
  },
}

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...tokens.light, '--mantine-color-red-6': '#c92a2a' },
  dark: {
    ...tokens.dark,
    '--mantine-color-red-6': '#ff8787',
    '--mantine-color-default': '#1c2026',
    '--mantine-color-default-hover': '#262b32',
  },
})

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  colors: { slate, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "JetBrains Mono", Menlo, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.35' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  // Plain values: to name the components themselves would load all of them with the first page.
  components: {
    // The header of a dialog is no landmark. Every close button is named where the dialog is used (components/Layers).
    Modal: {
      defaultProps: {
        yOffset: '8vh',
        radius: 6,
        attributes: { header: { role: 'none' } },
      } satisfies Partial<ModalProps>,
      styles: { title: { fontSize: '1.0625rem', fontWeight: 600 } },
    },
    Drawer: {
      defaultProps: { position: 'right', attributes: { header: { role: 'none' } } } satisfies Partial<DrawerProps>,
      styles: { title: { fontSize: '1.0625rem', fontWeight: 600 } },
    },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } satisfies Partial<MenuProps> },
    Notification: {
      // asked for when one is shown: the language may be another one then
      defaultProps: () => ({ closeButtonProps: { 'aria-label': i18n.t('common.close') } }),
      styles: { description: { color: 'var(--mantine-color-dimmed)' } },
    },
    // whoever comes by with Tab has no list in front of what follows: a press, an arrow or a letter opens it
    Select: { defaultProps: { openOnFocus: false } satisfies Partial<SelectProps> },
    MultiSelect: { defaultProps: { openOnFocus: false } satisfies Partial<MultiSelectProps> },
    TagsInput: { defaultProps: { openOnFocus: false } satisfies Partial<TagsInputProps> },
    Text: { defaultProps: { size: 'sm' } satisfies Partial<TextProps> },
    Button: { styles: { root: { fontWeight: 500 } } },
    Loader: { defaultProps: { type: 'dots' } satisfies Partial<LoaderProps> },
  },
})
