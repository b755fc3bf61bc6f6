import './palette.css'
import { Kbd, Modal, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconChevronRight, IconSearch } from '@tabler/icons-react'
import { useLocation, useNavigate, useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { closePalette, takeTyped, useIsPaletteOpen } from './palette'
import { GROUP_WORDS, type Item, isLevel, LEVEL_WORDS, type Level, useItems } from './paletteItems'
import { visited } from './recent'
import { readSearch } from './url'

/** The panel is asked once the keys rest for so long. */
const REST = 120

function Box({ onSheet }: { onSheet: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const router = useRouter()
  const list = useId()
  const field = useRef<HTMLInputElement>(null)
  const [q, setQ] = useState('')
  const [level, setLevel] = useState<Level>('')
  const [chosen, setChosen] = useState(0)
  const [asked] = useDebouncedValue(q.trim(), REST)
  const items = useItems(q.trim(), asked, level, onSheet)
  const index = Math.min(chosen, items.length - 1)

  /** The first letter chooses the level; it is shown in front of the field. */
  const type = (text: string) => {
    setChosen(0)
    const first = text.charAt(0)
    if (level === '' && isLevel(first)) {
      setLevel(first)
      setQ(text.slice(1).trimStart())
    } else setQ(text)
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the field has the keys
  useLayoutEffect(() => {
    field.current?.focus()
    const before = takeTyped()
    if (before) type(before)
  }, [])

  useEffect(() => {
    document.getElementById(`${list}-${index}`)?.scrollIntoView?.({ block: 'nearest' })
  }, [index, list])

  const take = (item: Item | undefined, inNew: boolean) => {
    if (!item) return
    if (item.level !== undefined) {
      setLevel(item.level)
      setQ('')
      setChosen(0)
      field.current?.focus()
      return
    }
    if (item.href !== undefined) {
      const { pathname, searchParams } = new URL(item.href, location.origin)
      const to = { to: pathname, search: readSearch(Object.fromEntries(searchParams)) } as const
      if (inNew) {
        window.open(router.buildLocation(to).href, '_blank', 'noopener')
        return
      }
      closePalette()
      void navigate(to)
      return
    }
    closePalette()
    // the page has the focus back before a dialog takes it
    setTimeout(() => item.run?.())
  }

  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && items.length) {
      event.preventDefault()
      setChosen((index + step + items.length) % items.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      event.stopPropagation()
      take(items[index], event.ctrlKey || event.metaKey)
    } else if (event.key === 'Backspace' && q === '' && level !== '') {
      event.preventDefault()
      setLevel('')
      setChosen(0)
    }
  }

  let before = ''
  return (
    <div data-palette>
      <div className="palette-field">
        {level === '' ? (
          <IconSearch size={18} stroke={1.6} aria-hidden />
        ) : (
          <span className="badge" data-tone="moving">
            {t(LEVEL_WORDS[level])}
          </span>
        )}
        <input
          ref={field}
          role="combobox"
          aria-label={t('palette.title')}
          placeholder={t('palette.title')}
          aria-expanded
          aria-controls={list}
          aria-activedescendant={items[index] ? `${list}-${index}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          value={q}
          onChange={(event) => type(event.currentTarget.value)}
          onKeyDown={onKey}
        />
      </div>
      <div className="palette-list" id={list} role="listbox" aria-label={t('palette.title')}>
        {items.map((item, at) => {
          const head = item.group === before ? undefined : item.group
          before = item.group
          return [
            head && (
              <div key={`group ${head}`} role="presentation" className="palette-group">
                {t(GROUP_WORDS[head])}
              </div>
            ),
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            <div
              key={item.id}
              id={`${list}-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === index}
              className="palette-item"
              onMouseDown={(event) => event.preventDefault()}
              onMouseMove={() => setChosen(at)}
              onClick={(event: MouseEvent) => take(item, event.ctrlKey || event.metaKey)}
            >
              <item.icon size={18} stroke={1.6} aria-hidden />
              <span className="palette-words">
                {item.label}{' '}
                {item.description && (
                  <Text component="span" size="xs" c="dimmed" ms={4}>
                    {item.description}
                  </Text>
                )}
              </span>
              {item.key && <Kbd size="xs">{item.key}</Kbd>}
              {item.level !== undefined && <IconChevronRight size={16} aria-hidden />}
            </div>,
          ]
        })}
      </div>
      {items.length === 0 && (
        <Text c="dimmed" size="sm" p="md" role="status">
          {t('palette.nothing')}
        </Text>
      )}
      <div className="palette-foot" aria-hidden>
        <span>
          <Kbd size="xs">Enter</Kbd> {t('palette.enter')}
        </span>
        <span>
          <Kbd size="xs">Ctrl Enter</Kbd> {t('palette.inNew')}
        </span>
        <span className="ltr">
          <Kbd size="xs">&gt;</Kbd> <Kbd size="xs">@</Kbd> <Kbd size="xs">#</Kbd> <Kbd size="xs">?</Kbd>
        </span>
      </div>
    </div>
  )
}

/** Finds pages, actions and objects. What one types at once after Ctrl K is never lost: it opens without motion. */
export function Palette({ onSheet }: { onSheet: () => void }) {
  const { t } = useTranslation()
  const isOpen = useIsPaletteOpen()
  const { pathname } = useLocation()
  useEffect(() => visited(pathname), [pathname])
  return (
    <Modal.Root
      opened={isOpen}
      onClose={closePalette}
      size={600}
      yOffset={80}
      zIndex={400}
      transitionProps={{ duration: 0 }}
      returnFocus={false}
    >
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content aria-label={t('palette.title')}>
        <Box onSheet={onSheet} />
      </Modal.Content>
    </Modal.Root>
  )
}
