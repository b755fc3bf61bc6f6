import { ActionIcon, AppShell, Burger, Group, Indicator, Kbd, NavLink, Text, UnstyledButton } from '@mantine/core'
import { IconHelp, IconListCheck, IconSearch } from '@tabler/icons-react'
import { useIsFetching } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDelayed } from '../components/useDelayed'
import { AccountButton, signOut } from './AccountButton'
import { underWay, useEvents } from './events'
import { exact } from './format'
import { GateDialogs } from './GateDialogs'
import { useIdle } from './idle'
import { NAVIGATION, type PagePath } from './navigation'
import { openPalette, usePaletteWanted } from './palette'
import { ScopeSwitcher } from './ScopeSwitcher'
import { useMe } from './session'
import { useShortcuts } from './shortcuts'

// what a page does not need first comes after it
const ChangesDrawer = lazy(() => import('./ChangesDrawer').then((file) => ({ default: file.ChangesDrawer })))
const ShortcutSheet = lazy(() => import('./ShortcutSheet').then((file) => ({ default: file.ShortcutSheet })))
const Palette = lazy(() => import('./Palette').then((file) => ({ default: file.Palette })))
const Toasts = lazy(() => import('./Toasts').then((file) => ({ default: file.Toasts })))
const JobWatch = lazy(() => import('./JobWatch').then((file) => ({ default: file.JobWatch })))
const Bell = lazy(() => import('../features/notice/Bell').then((file) => ({ default: file.Bell })))

/** An answer that takes so long is told of. */
const SLOW = 4000

/** The bars above a page: somebody acts as this person; nothing new is heard from the server; an answer is long in coming. */
function Bars() {
  const { t } = useTranslation()
  const { session } = useMe()
  const { isLate } = useEvents()
  const isSlow = useDelayed(useIsFetching({ predicate: ({ state }) => state.data === undefined }) > 0, SLOW)
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
      {isSlow && !isLate && (
        <div className="bar" role="status">
          {t('shell.slow')}
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
    <div className="nav-scroll">
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
    </div>
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
  const [jobs, setJobs] = useState(0)
  const [isSheetOpen, setSheetOpen] = useState(false)
  const isIdle = useIdle()
  useEffect(() => {
    if (isIdle) void import('../components/layers')
  }, [isIdle])
  const wantsPalette = usePaletteWanted()
  const go = useCallback((to: PagePath) => void navigate({ to }), [navigate])
  const drawer = useCallback(() => setDrawerOpen((is) => !is), [])
  // where a failed job is looked at already, no drawer covers it
  const jobFailed = useCallback(() => {
    if (!/^\/(jobs|start)/.test(location.pathname)) setDrawerOpen(true)
  }, [])
  const sheet = useCallback(() => setSheetOpen(true), [])
  useShortcuts({ go, drawer, sheet })
  const running = underWay(events).length + jobs

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
                  <ScopeSwitcher />
                </Group>
              )}
            </Group>
            <UnstyledButton className="search" visibleFrom="sm" onClick={openPalette}>
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
                onClick={openPalette}
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
              <AccountButton />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={t('shell.menu')}>
          {may('GET /api/v1/accounts') && (
            <Group hiddenFrom="sm" px="sm" pt="xs">
              <ScopeSwitcher />
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
      {/* each waits for its own code alone: what waits is hidden, and would take the focus from what is open beside it */}
      <Suspense>{(isIdle || wantsPalette) && <Palette onSheet={sheet} />}</Suspense>
      <Suspense>{isIdle && <Toasts />}</Suspense>
      <Suspense>{isIdle && may('GET /api/v1/jobs') && <JobWatch onCount={setJobs} onFailed={jobFailed} />}</Suspense>
      <Suspense>{isDrawerOpen && <ChangesDrawer onClose={drawer} />}</Suspense>
      <Suspense>{isSheetOpen && <ShortcutSheet onClose={() => setSheetOpen(false)} />}</Suspense>
      <GateDialogs />
    </>
  )
}
