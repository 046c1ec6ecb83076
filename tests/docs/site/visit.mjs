// Opens pages of the site as a visitor does: visit.mjs URL CHROMIUM SCREENSHOTS PAGE...; prints what is seen as JSON.
import { chromium } from 'playwright-core'

const [url, executablePath, screenshots, ...pages] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const seen = { errors: [], elsewhere: [], wide: [], titles: [] }

async function opened(width, height, options = {}) {
  const page = await browser.newPage({ viewport: { width, height }, ...options })
  page.setDefaultTimeout(120_000)
  page.on('pageerror', (error) => seen.errors.push(`${page.url()}: ${error}`))
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(`${page.url()}: ${message.text()}`))
  page.on('request', (request) => request.url().startsWith(url) || seen.elsewhere.push(request.url()))
  page.on('requestfailed', (request) => seen.errors.push(`${request.url()} failed`))
  page.on('response', (response) => response.status() < 400 || seen.errors.push(`${response.url()}: ${response.status()}`))
  return page
}

for (const [name, width, height, options] of [
  ['desktop', 1280, 900, {}],
  ['phone', 390, 844, { isMobile: true, colorScheme: 'dark' }],
]) {
  const page = await opened(width, height, options)
  for (const path of pages) {
    await page.goto(url + path, { waitUntil: 'networkidle' })
    seen.titles.push(await page.title())
    const needed = await page.evaluate(() => document.documentElement.scrollWidth)
    if (needed > width) seen.wide.push(`${path || 'the first page'} needs ${needed} of ${width}`)
    const shown = path.replaceAll('/', '-') || 'first-'
    await page.screenshot({ path: `${screenshots}/site-${shown}${name}.png` })
  }
  await page.close()
}

const page = await opened(1280, 900)
await page.goto(url)
const field = page.getByRole('combobox')
for (let tries = 0; tries < 60 && !(await field.isVisible()); tries++) {
  // Nothing hears the keys before the page's script has run.
  await page.keyboard.press('Control+k')
  await page.waitForTimeout(1000)
}
await field.fill('create_index')
const found = page.getByRole('option')
await found.first().waitFor()
seen.found = await found.evaluateAll((all) => all.map((one) => one.getAttribute('href')))
await page.screenshot({ path: `${screenshots}/site-search.png` })

seen.menu = await page.locator('.md-tabs a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
console.log(JSON.stringify(seen))
await browser.close()
