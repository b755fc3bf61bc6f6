import { expect, type Page } from '@playwright/test'

type Role = 'button' | 'textbox' | 'link' | 'combobox' | 'switch' | 'checkbox'

/** Tab until the focus is on what is looked for. */
export async function tabTo(page: Page, role: Role, name: string | RegExp) {
  const wanted = page.getByRole(role, { name }).last()
  await wanted.waitFor()
  for (let step = 0; step < 80; step += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return expectFocusSeen(page)
    await page.keyboard.press('Tab')
  }
  throw new Error(`${role} ${name} is not reached by Tab`)
}

/** Whoever uses no mouse sees where they are: a ring, or a border that is another one than without the focus. */
async function expectFocusSeen(page: Page) {
  const isSeen = await page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
    if ((outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) || boxShadow !== 'none') return true
    // a password's border is that of the box around it, and a switch's ring that of the track beside it
    const boxes = [element, element.parentElement, element.nextElementSibling].filter((box) => box !== null)
    const looks = () =>
      boxes.map((box) => {
        const { outline, borderColor } = getComputedStyle(box)
        return `${outline} ${borderColor}`
      })
    const before = looks().join()
    element.blur()
    const isOther = looks().join() !== before
    element.focus()
    return isOther
  })
  expect(isSeen, 'the focus is seen').toBe(true)
}
