import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Indicator,
  Kbd,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
} from '@mantine/core'
import { spotlight } from '@mantine/spotlight'
import { IconHelp, IconListCheck, IconLogout, IconSearch, IconUserCircle } from '@tabler/icons-react'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../api/client'
import { underWay, useEvents } from './events'
import { exact } from './format'
import { GateDialogs } from './GateDialogs'
import { NAVIGATION, type PagePath } from './navigation'
import { Palette } from './Palette'
import { useMe } from './session'
import { useShortcuts } from './shortcuts'

// what a page does not need first comes after it
const ChangesDrawer = lazy(() => import('./ChangesDrawer').then((file) => ({ default: file.ChangesDrawer })))
const ShortcutSheet = lazy(() => import('./ShortcutSheet').then((file) => ({ default: file.ShortcutSheet })))
const Bell = lazy(() => import('../features/notice/Bell').then((file) => ({ default: file.Bell })))
const ScopeSwitcher = lazy(() => import('./ScopeSwitcher').then((file) => ({ default: file.ScopeSwitcher })))

async function signOut() {
  await api.DELETE('/api/v1/session')
  location.assign('/login')
}

/** The bars above a page: somebody acts as this person; nothing new is heard from the server. */
function Bars() {
  const { t } = useTranslation()
  const { session } = useMe()
  const { isLate } = useEvents()
  return (
    <>
      {session.acting && (
        <div className="bar" role="status">
          {t('shell.acting', { by: session.acting, login: session.login, until: exact(session.expires_at ?? '') })}{' '}
          <UnstyledButton td="underline" fz="sm" onClick={() => void signOut()}>
            {t('shell.endActing')}
          </UnstyledButton>
        </div>
      )}
      {isLate && (
        <div className="bar" role="status">
          {t('shell.paused')}
        </div>
      )}
    </>
  )
}

function Navigation({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const { pathname } = useLocation()
  const isHere = (to: string) => (to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`))
  return (
    <ScrollArea type="auto">
      {NAVIGATION.map((group) => {
        const items = group.items.filter((item) => may(item.needs))
        if (items.length === 0) return null
        return (
          <div key={group.group}>
            <Text size="xs" c="dimmed" fw={600} px="sm" pt="sm" pb={4}>
              {t(`nav.${group.group}`)}
            </Text>
            {items.map((item) => (
              <NavLink
                key={item.to}
                component={Link}
                to={item.to}
                label={t(`nav.${item.key}`)}
                leftSection={<item.icon size={18} stroke={1.6} aria-hidden />}
                active={isHere(item.to)}
                aria-current={isHere(item.to) ? 'page' : undefined}
                onClick={onGo}
                py={6}
              />
            ))}
          </div>
        )
      })}
    </ScrollArea>
  )
}

function AccountMenu() {
  const { t } = useTranslation()
  const { session } = useMe()
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="slate" size={36} aria-label={t('shell.account', { login: session.login })}>
          <IconUserCircle size={20} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={16} aria-hidden />}>
          {t('shell.profile', { login: session.login })}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** What stands around every page. */
export function Shell() {
  const { t } = useTranslation()
  const { may } = useMe()
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const { events } = useEvents()
  const [isMenuOpen, setMenuOpen] = useState(false)
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const [isSheetOpen, setSheetOpen] = useState(false)
  const go = useCallback((to: PagePath) => void navigate({ to }), [navigate])
  const drawer = useCallback(() => setDrawerOpen((is) => !is), [])
  const sheet = useCallback(() => setSheetOpen(true), [])
  useShortcuts({ go, drawer, sheet })
  const running = underWay(events).length

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top, and is named
  useEffect(() => {
    scrollTo(0, 0)
    const heading = document.querySelector('h1')?.textContent
    document.title = heading ? `${heading} - Holdfast` : 'Holdfast'
  }, [pathname])

  return (
    <>
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <AppShell
        header={{ height: 48 }}
        navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
        padding="md"
      >
        <AppShell.Header px={{ base: 'xs', sm: 'md' }}>
          <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={isMenuOpen}
                onClick={() => setMenuOpen(!isMenuOpen)}
                hiddenFrom="sm"
                size="sm"
                aria-label={t('shell.menu')}
              />
              <Text fw={600} fz={16}>
                Holdfast
              </Text>
              {may('GET /api/v1/accounts') && (
                <Group visibleFrom="sm">
                  <Suspense>
                    <ScopeSwitcher />
                  </Suspense>
                </Group>
              )}
            </Group>
            <UnstyledButton className="search" visibleFrom="sm" onClick={spotlight.open}>
              <IconSearch size={15} aria-hidden />
              <Text size="sm" c="dimmed" flex={1} truncate>
                {t('palette.title')}
              </Text>
              <Kbd size="xs">Ctrl K</Kbd>
            </UnstyledButton>
            <Group gap={4} wrap="nowrap">
              <ActionIcon
                variant="subtle"
                color="slate"
                size={36}
                hiddenFrom="sm"
                aria-label={t('palette.title')}
                onClick={spotlight.open}
              >
                <IconSearch size={18} stroke={1.6} />
              </ActionIcon>
              <Indicator disabled={!running} size={8} offset={8}>
                <ActionIcon
                  variant="subtle"
                  color="slate"
                  size={36}
                  aria-label={t('drawer.button', { count: running })}
                  onClick={drawer}
                >
                  <IconListCheck size={18} stroke={1.6} />
                </ActionIcon>
              </Indicator>
              <Suspense fallback={<span style={{ width: 36 }} />}>
                <Bell />
              </Suspense>
              <ActionIcon
                variant="subtle"
                color="slate"
                size={36}
                visibleFrom="sm"
                aria-label={t('keys.title')}
                onClick={sheet}
              >
                <IconHelp size={18} stroke={1.6} />
              </ActionIcon>
              <AccountMenu />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={t('shell.menu')}>
          {may('GET /api/v1/accounts') && (
            <Group hiddenFrom="sm" px="sm" pt="xs">
              <Suspense>
                <ScopeSwitcher />
              </Suspense>
            </Group>
          )}
          <Navigation onGo={() => setMenuOpen(false)} />
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1}>
          <Bars />
          <div className="page">
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
      <Palette />
      <Suspense>
        {isDrawerOpen && <ChangesDrawer onClose={drawer} />}
        {isSheetOpen && <ShortcutSheet onClose={() => setSheetOpen(false)} />}
      </Suspense>
      <GateDialogs />
    </>
  )
}
