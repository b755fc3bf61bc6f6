import { ActionIcon, Button, Group, Menu, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconArrowDown, IconArrowUp, IconGripVertical, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../../api/change'
import type { Schemas } from '../../../api/problem'
import { queries } from '../../../api/queries'
import { ChangeForm } from '../../../components/ChangeForm'
import { ALL, type Draft, draftOf, moved, newDraft, ruleOf, textOf, wordsOfRule } from './kinds'
import { RuleFields, type Values } from './RuleFields'

const drafts = (rules: readonly Schemas['SiteRule'][]) =>
  rules.map(draftOf).filter((draft): draft is Draft => draft !== undefined)

/** All rules of a site, in their order: dragged or moved by buttons, typed, put in from presets. Nothing changes before it is saved. */
export function RulesForm({
  site,
  rules,
  onClose,
}: {
  site: Schemas['Site']
  rules: Schemas['SiteRules']
  onClose: () => void
}) {
  const { t } = useTranslation()
  const form = useForm<Values>({ initialValues: { rules: drafts(rules.rules) } })
  const presets = useQuery(queries.rulePresets())
  const [dragged, setDragged] = useState<number>()
  const [open, setOpen] = useState<string>()
  const list = form.values.rules
  const set = (next: Draft[]) => {
    // what was refused stood at a place that may be another rule's now
    form.clearErrors()
    form.setFieldValue('rules', next)
  }
  const add = (draft: Draft) => {
    set([...list, draft])
    setOpen(draft.id)
  }
  const isRefused = (at: number) => Object.keys(form.errors).some((place) => place.startsWith(`rules.${at}.`))
  return (
    <ChangeForm
      title={t('rules.edit', { name: site.name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('put', '/api/v1/sites/{site}/rules', {
          path: { site: site.id },
          generation: rules.generation,
          body: { rules: values.rules.map(ruleOf) },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Text size="sm">{t('rules.order')}</Text>
      {list.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('rules.none')}
        </Text>
      )}
      <ol style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {list.map((draft, at) => {
          const words = wordsOfRule(ruleOf(draft))
          const name = `${at + 1}. ${textOf('kinds', draft.kind)}`
          return (
            <li
              key={draft.id}
              onDragOver={(event) => dragged !== undefined && event.preventDefault()}
              onDrop={(event) => {
                event.preventDefault()
                if (dragged !== undefined) set(moved(list, dragged, at))
                setDragged(undefined)
              }}
              style={{
                borderBlockEnd: '1px solid var(--mantine-color-default-border)',
                paddingBlock: 6,
                opacity: dragged === at ? 0.5 : 1,
              }}
            >
              <Group wrap="nowrap" gap="xs">
                {/* for the mouse; the keyboard has the arrows */}
                <span
                  draggable
                  aria-hidden
                  style={{ cursor: 'grab', display: 'inline-flex' }}
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = 'move'
                    event.dataTransfer.setData('text/plain', String(at + 1))
                    setDragged(at)
                  }}
                  onDragEnd={() => setDragged(undefined)}
                >
                  <IconGripVertical size={16} />
                </span>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  justify="flex-start"
                  style={{ flex: 1, minWidth: 0 }}
                  aria-expanded={open === draft.id || isRefused(at)}
                  onClick={() => setOpen(open === draft.id ? undefined : draft.id)}
                >
                  <Text size="sm" truncate>
                    {name}
                    {words && `: ${words}`}
                  </Text>
                </Button>
                <ActionIcon
                  variant="subtle"
                  disabled={at === 0}
                  aria-label={t('rules.up', { name })}
                  onClick={() => set(moved(list, at, at - 1))}
                >
                  <IconArrowUp size={16} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  disabled={at === list.length - 1}
                  aria-label={t('rules.down', { name })}
                  onClick={() => set(moved(list, at, at + 1))}
                >
                  <IconArrowDown size={16} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  aria-label={t('rules.remove', { name })}
                  onClick={() => set(list.filter((_, other) => other !== at))}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
              {/* folded away and not gone: what is refused finds its field, and unfolds it */}
              <div hidden={!(open === draft.id || isRefused(at))} style={{ padding: '6px 0 6px 28px' }}>
                <Text size="sm" c="dimmed" mb="xs">
                  {textOf('about', draft.kind)}
                </Text>
                <RuleFields form={form} at={at} />
              </div>
            </li>
          )
        })}
      </ol>
      <Group>
        <Menu>
          <Menu.Target>
            <Button variant="default" data-autofocus>
              {t('rules.add')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
            {ALL.map((kind) => (
              <Menu.Item key={kind} onClick={() => add(newDraft(kind))}>
                {textOf('kinds', kind)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Menu>
          <Menu.Target>
            <Button variant="default" loading={presets.isLoading}>
              {t('rules.preset')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {presets.data?.presets.map((preset) => (
              <Menu.Item key={preset.name} onClick={() => set([...list, ...drafts(preset.rules)])}>
                {textOf('presets', preset.name)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      <Text size="xs" c="dimmed">
        {t('rules.pathHelp')}
      </Text>
    </ChangeForm>
  )
}
