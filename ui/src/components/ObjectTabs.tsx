import { Skeleton, Tabs } from '@mantine/core'
import { type ReactNode, Suspense } from 'react'
import { useUrl } from '../app/url'

/** The tabs of an object's page; the address says which is open. */
export function ObjectTabs({ tabs }: { tabs: { key: string; label: string; show: () => ReactNode }[] }) {
  const [{ tab }, setUrl] = useUrl()
  const now = tabs.find((item) => item.key === tab)?.key ?? tabs[0]?.key ?? ''
  return (
    <Tabs
      value={now}
      onChange={(next) =>
        setUrl({
          tab: next === tabs[0]?.key ? undefined : (next ?? undefined),
          cursor: undefined,
          page: undefined,
          sort: undefined,
          q: undefined,
        })
      }
      keepMounted={false}
    >
      <Tabs.List>
        {tabs.map((item) => (
          <Tabs.Tab key={item.key} value={item.key}>
            {item.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((item) => (
        <Tabs.Panel key={item.key} value={item.key} pt="md">
          <Suspense fallback={<Skeleton h={160} />}>{item.show()}</Suspense>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
