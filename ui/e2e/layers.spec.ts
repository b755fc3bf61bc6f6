import type { Locator, Page } from '@playwright/test'
import { DESTRUCTIVE, HARMLESS, WITHOUT_PAGE } from '../src/app/destructive'
import { bodyFields, OPERATIONS, operation, operationOf, PLAN, problem, success } from './api'
import { ACTS, CONFIRMS, FORMS, give, type Layer, OTHERS, press, WITHOUT_FORM } from './layers'
import { expect, expectAccessible, expectNoSideways, expectTargets, open, settled, test } from './test'

/** Brings a layer up and gives it back. */
async function bring(page: Page, layer: Layer): Promise<Locator> {
  await give(page, layer.given)
  // come to by a link within the panel, as people do: Back leads to where they were
  await open(page, '/no-such-page')
  await page.evaluate((to) => {
    // as the router writes it: it counts its entries, to know which way Back goes
    const { __TSR_index = 0 } = history.state ?? {}
    history.pushState({ __TSR_index: __TSR_index + 1, key: 'there', __TSR_key: 'there' }, '', to)
  }, layer.at.split('?open')[0] as string)
  await expect(page.getByText('There is no such page')).toHaveCount(0)
  await settled(page)
  if (layer.at.includes('?open=new')) await page.locator('[data-create]').click()
  await press(page, layer.press)
  const dialog = page.getByRole('dialog').last()
  await expect(dialog).toBeVisible()
  return dialog
}

const isInside = (dialog: Locator) => dialog.evaluate((element) => element.contains(document.activeElement))

/** A layer has a name and the focus, keeps it, goes on Escape, and gives the focus back to what opened it. */
async function expectWellBehaved(page: Page, dialog: Locator) {
  await expect(dialog).toHaveAccessibleName(/\S/)
  await expect.poll(() => isInside(dialog)).toBe(true)
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press('Tab')
    expect(await isInside(dialog)).toBe(true)
  }
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  // what was pressed last is a button, or the one whose menu it was in: not the page as a whole
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.matches('button, a, [data-create]') ?? false))
    .toBe(true)
}

/** Everything that would change something is answered here, so that nothing does. Gives what was asked for. */
async function hold(page: Page) {
  const asked: { id: string; isDryRun: boolean; key: string | null; body: string | null }[] = []
  const answers: ((isDryRun: boolean) => ReturnType<typeof problem> | undefined)[] = []
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    const found = operationOf(request.method(), request.url())
    if (request.method() === 'GET' || !found) return route.fallback()
    const isDryRun = new URL(request.url()).searchParams.get('dry_run') === 'true'
    asked.push({ id: found.id, isDryRun, key: request.headers()['idempotency-key'] ?? null, body: request.postData() })
    const refused = answers.shift()?.(isDryRun)
    if (refused) return route.fulfill(refused)
    if (isDryRun) return route.fulfill({ json: PLAN })
    // long enough for a second click
    await new Promise((done) => setTimeout(done, 300))
    const { status, body } = success(found.id)
    // what is renamed here is found by its old name alone
    const named = decodeURIComponent(new URL(request.url()).pathname.split('/').at(-1) ?? '')
    if (request.method() === 'PATCH' && body) Object.assign(body, { name: named })
    // its answer leads to a provider, and to close a page that is just being left may take for ever: it leads to the same page
    if (found.id === 'identity_link') Object.assign(body as object, { url: '#sent' })
    return body === undefined ? route.fulfill({ status }) : route.fulfill({ status, json: body })
  })
  return { asked, answers }
}

test('D1 F1 every operation that takes something away or takes values is met in the panel, or says why not', () => {
  const isTaking = (method: string, path: string) => method === 'DELETE' || /\/(suspend|drop)$/.test(path)
  const missing = OPERATIONS.filter(({ id, method, path, takesBody }) => {
    if (isTaking(method, path)) return !(id in CONFIRMS || id in HARMLESS || WITHOUT_PAGE.includes(id))
    return takesBody && method !== 'GET' && !(id in FORMS || id in WITHOUT_FORM)
  })
  expect(missing.map(({ id }) => id)).toEqual([])
  for (const id of [...Object.keys(FORMS), ...Object.keys(CONFIRMS)]) operation(id)
})

test.describe('a question', () => {
  test.use({ quiet: [401] })
  for (const [id, layer] of Object.entries(CONFIRMS)) {
    test(`D1 D2 A1 A3 F3 ${id}`, async ({ watched: page }) => {
      const { asked } = await hold(page)
      const dialog = await bring(page, layer)
      const wantsName = DESTRUCTIVE[id as keyof typeof DESTRUCTIVE] === 'name'
      const red = dialog.locator('button[type=submit]')
      await test.step('D1 it says what is taken away, and offers to keep it', async () => {
        await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeVisible()
        await expect(dialog).toHaveAccessibleName(/\w+ \w+/)
      })
      await test.step('D2 what cannot be undone is typed, and the focus is not on the red button', async () => {
        await expect.poll(() => isInside(dialog)).toBe(true)
        await expect(red).not.toBeFocused()
        if (!wantsName) return
        await expect(dialog.getByLabel(/^Type .+ to confirm$/)).toBeFocused()
        await expect(red).toBeDisabled()
      })
      await test.step('A1', () => expectAccessible(page))
      await test.step('A3', () => expectWellBehaved(page, dialog))
      await test.step('F3 one request, however often it is pressed', async () => {
        await press(
          page,
          layer.press?.filter((step) => !('button' in step && step.button === 'hook')),
        )
        if (wantsName) {
          const field = dialog.getByLabel(/^Type .+ to confirm$/)
          const label = await dialog.locator('label', { hasText: /^Type/ }).textContent()
          await field.fill(label?.replace(/^Type /, '').replace(/ to confirm$/, '') ?? '')
        }
        await expect(red).toBeEnabled()
        await red.dblclick()
        // what comes of it may be shown in a dialog of its own
        await expect(red).toHaveCount(0)
        const sent = asked.filter((one) => !one.isDryRun)
        expect(sent.map((one) => one.id)).toEqual([id])
        if (operation(id).method === 'POST') expect(sent[0]?.key).toMatch(/^[\w-]{36}$/)
      })
    })
  }
})

test.describe('an act', () => {
  for (const [words, layer] of Object.entries(ACTS)) {
    test(`A1 A3 F3 ${words}`, async ({ watched: page }) => {
      const { asked } = await hold(page)
      const dialog = await bring(page, layer)
      await test.step('A1', () => expectAccessible(page))
      await test.step('A3', () => expectWellBehaved(page, dialog))
      await test.step('F3 one request, however often it is pressed', async () => {
        await press(
          page,
          layer.press?.filter((step) => !('button' in step && step.button === 'hook')),
        )
        await dialog.getByRole('button').last().dblclick()
        await expect.poll(() => asked.filter((one) => !one.isDryRun).length).toBe(1)
        await page.waitForTimeout(400)
        const sent = asked.filter((one) => !one.isDryRun)
        expect(sent.map((one) => one.id)).toEqual([layer.operation])
        expect(sent[0]?.key).toMatch(/^[\w-]{36}$/)
      })
    })
  }
})

for (const [id, layer] of Object.entries(OTHERS)) {
  test(`A1 A3 ${id}`, async ({ watched: page }) => {
    const dialog = await bring(page, layer)
    await test.step('A1', () => expectAccessible(page))
    await test.step('A3', () => expectWellBehaved(page, dialog))
  })
}

test('A3 the palette, the drawer, the shortcuts, and the menu of a row', async ({ watched: page }) => {
  await open(page, '/sites')
  const opener = page.getByRole('link', { name: 'shop.alice.test' })
  for (const key of ['Control+j', '?', 'Control+k']) {
    await opener.focus()
    await page.keyboard.press(key)
    const dialog = page.getByRole('dialog')
    await expect(dialog).toBeVisible()
    await expectWellBehaved(page, dialog)
    await expect(opener).toBeFocused()
  }
  const menu = page.getByRole('button', { name: 'Actions of shop.alice.test' })
  for (let turn = 0; turn < 2; turn += 1) {
    await menu.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menu')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('menu')).toHaveCount(0)
    await expect(menu).toBeFocused()
  }
})

/** The field of a form that a value belongs to, where the form has one. */
async function fieldsOf(dialog: Locator) {
  return dialog.locator('[data-path]').evaluateAll((all) =>
    all.map((one) => {
      const box = one.closest('.mantine-InputWrapper-root')
      return {
        path: (one as HTMLElement).dataset.path ?? '',
        isRequired: box?.querySelector('.mantine-InputWrapper-required') != null,
      }
    }),
  )
}

const field = (dialog: Locator, path: string) => dialog.locator(`[data-path="${path}"]`).first()

/** The words that a screen reader says of a field. */
const described = (input: Locator) =>
  input.evaluate((element) => {
    const ids = (element.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)
    return ids.map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
  })

const isChoice = (input: Locator) =>
  input.evaluate((one) => one.getAttribute('role') === 'combobox' || one.ariaHasPopup === 'listbox')

/** Gives a required field some value. */
async function fill(page: Page, input: Locator) {
  if (await isChoice(input)) {
    await input.click()
    await page.locator('[role=option]:visible').first().click()
  } else await input.fill('some')
}

const submit = (dialog: Locator) => dialog.locator('button[type=submit]')

test.describe('a form', () => {
  test.use({ quiet: [401, 422] })
  for (const [id, layer] of Object.entries(FORMS)) {
    test(`A1 A3 F1 F2 F3 F4 S1 ${id}`, async ({ watched: page, request }) => {
      const { asked, answers } = await hold(page)
      const dialog = await bring(page, layer)
      await expectAccessible(page)
      await test.step('A3', async () => {
        await expectWellBehaved(page, dialog)
        if (layer.at.includes('?open=new')) await page.locator('[data-create]').click()
        else await press(page, layer.press)
        await expect(dialog).toBeVisible()
      })
      const fields = await fieldsOf(dialog)
      expect(fields.length).toBeGreaterThan(0)
      const required = fields.filter((one) => one.isRequired)

      await test.step('F1 what is missing is said when the field is left, and has the focus when it is sent', async () => {
        for (const { path } of required) {
          const input = field(dialog, path)
          await input.focus()
          // one that is chosen from a list takes no letters
          await input.fill('', { timeout: 500 }).catch(() => {})
          await page.keyboard.press('Tab')
          // a choice of one was made already
          if ((await isChoice(input)) && (await input.inputValue())) continue
          await expect.soft(input).toHaveAttribute('aria-invalid', 'true')
          expect.soft(await described(input)).toMatch(/\S/)
        }
        if (required.length === 0) return
        await submit(dialog).click()
        await expect(field(dialog, required[0]?.path ?? '')).toBeFocused()
        expect(asked).toEqual([])
        for (const { path } of required) await fill(page, field(dialog, path))
      })

      await test.step('F2 each refused value is at its field, or in the list above the buttons', async () => {
        const nested = fields.map((one) => one.path).filter((path) => path.includes('.'))
        const inside = new Set(nested.map((path) => path.split('.')[0]))
        const names = [...bodyFields(id).filter((name) => !inside.has(name)), ...nested, 'no_such_value']
        const errors = names.map((name) => ({
          pointer: `/${name.replaceAll('.', '/')}`,
          code: 'refused',
          reason: `Refused: ${name}.`,
        }))
        answers.push(() => problem(422, 'invalid', { errors }))
        await submit(dialog).click()
        const summary = dialog.getByRole('alert')
        await expect(summary).toContainText('Refused: no_such_value.')
        const own = new Set(fields.map((one) => one.path))
        for (const name of names) {
          const words = `Refused: ${name}.`
          if (!own.has(name)) {
            await expect.soft(summary).toContainText(words)
            continue
          }
          await expect.soft(dialog.getByText(words), `${name} is seen`).toBeVisible()
          await expect.soft(summary).not.toContainText(words)
          const input = field(dialog, name)
          const isInput = await input.evaluate((one) => one.matches('input, textarea, select'))
          if (!isInput) continue
          await expect.soft(input, name).toHaveAttribute('aria-invalid', 'true')
          expect.soft(await described(input)).toContain(words)
        }
        const first = dialog.locator('[aria-invalid=true]').first()
        if ((await first.count()) > 0) await expect.soft(first).toBeFocused()
        await expectAccessible(page)
        await expectNoSideways(page)
      })

      await test.step('F4 what is typed is not left without a question', async () => {
        const text =
          fields.find((one) => !one.path.includes('.') && one.path !== 'hours')?.path ?? fields[0]?.path ?? ''
        const input = field(dialog, text)
        if (await isChoice(input)) await fill(page, input)
        else if (await input.evaluate((one) => (one as HTMLInputElement).type === 'checkbox')) await input.click()
        else if (await input.evaluate((one) => one.matches('input:not([readonly]), textarea'))) {
          await input.fill('typed')
          await page.keyboard.press('Tab')
        }
        const before = await values(dialog)
        await page.goBack()
        const question = page.getByRole('dialog', { name: 'Leave without saving?' })
        await expect(question).toBeVisible()
        await expectTargets(page, 24)
        await question.getByRole('button', { name: 'Go on editing' }).click()
        await expect(question).toHaveCount(0)
        expect(await values(dialog)).toEqual(before)
      })

      await test.step('S1 a session that ends in mid-form loses nothing', async () => {
        const before = await values(dialog)
        const body = asked.length
        answers.push(() => problem(401, 'unauthenticated'))
        await submit(dialog).click()
        const over = page.getByRole('dialog', { name: 'Your session is over' })
        await expect(over.getByLabel('Password', { exact: true })).toBeFocused()
        const session = await (await request.get('/api/v1/me')).json()
        answers.push(() => ({ ...problem(200, 'ok'), contentType: 'application/json', body: JSON.stringify(session) }))
        await over.getByLabel('Password', { exact: true }).fill('any')
        await over.getByRole('button', { name: 'Sign in' }).click()
        await expect(over).toHaveCount(0)
        await expect.poll(() => asked.length).toBe(body + 3)
        expect(asked.at(-1)?.body).toEqual(asked[body]?.body)
        if (operation(id).isPlanned) {
          await dialog.getByRole('button', { name: 'Back', exact: true }).click()
          expect(await values(dialog)).toEqual(before)
        }
      })

      await test.step('F3 one request, however often it is pressed', async () => {
        const { isPlanned, method } = operation(id)
        if (!isPlanned) {
          // it went through as the session came back
          const sent = asked.filter((one) => one.id === id)
          if (method === 'POST') for (const one of sent) expect(one.key).toMatch(/^[\w-]{36}$/)
          return
        }
        const before = asked.length
        await submit(dialog).click()
        await expect(dialog.getByText('Nothing changes on the server itself.')).toBeVisible()
        await submit(dialog).dblclick()
        await expect(page.getByRole('button', { name: 'Back' })).toHaveCount(0)
        const sent = asked.slice(before).filter((one) => !one.isDryRun)
        expect(sent.map((one) => one.id)).toEqual([id])
        if (method === 'POST') expect(sent[0]?.key).toMatch(/^[\w-]{36}$/)
      })
    })
  }
})

/** What a form holds. */
const values = (dialog: Locator) =>
  dialog
    .locator('input, textarea')
    .evaluateAll((all) =>
      all.map((one) =>
        (one as HTMLInputElement).type === 'checkbox'
          ? (one as HTMLInputElement).checked
          : (one as HTMLInputElement).value,
      ),
    )
