// Uses the playground as a visitor would: use.mjs URL CHROMIUM SCREENSHOT; prints what is seen as one object of JSON.
import { chromium } from 'playwright-core'

const [url, executablePath, screenshot] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
const seen = { errors: [], elsewhere: [] }
page.on('pageerror', (error) => seen.errors.push(String(error)))
page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()))
page.on('request', (request) => request.url().startsWith(url) || seen.elsewhere.push(request.url()))
page.setDefaultTimeout(120_000)

const text = (selector) => page.locator(selector).innerText()
const rows = () =>
  page.locator('#rows tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)))

// Do something, and wait until it is searched and explained.
async function searched(act) {
  const before = await page.evaluate(() => document.body.dataset.searches)
  await act()
  await page.waitForFunction((old) => document.body.dataset.searches !== old, before)
}

await page.goto(url)
await page.waitForFunction(() => document.body.dataset.ready || /did not start|cannot run/.test(document.body.innerText))
seen.status = await text('#status')
seen.seconds = Number(await page.evaluate(() => document.body.dataset.ready))
seen.first = await rows()

await page.fill('#find', 'kitten')
await searched(() => page.click('#found button >> nth=0'))
seen.picked = await text('#sought')
seen.near = await rows()

await searched(() => page.click('text=verbs of motion'))
seen.filtered = await rows()
seen.sql = await text('#sql')
seen.why = await text('#why')
seen.plan = await text('#plan')

await page.click('text=a fault')
await page.waitForSelector('#filter-error mark')
seen.fault = await text('#filter-error')
seen.mark = await text('#filter-error mark')
await page.screenshot({ path: screenshot, fullPage: true })

await page.fill('#filter', '{"pos": ')
await page.click('button[type=submit]')
seen.notJson = await text('#filter-error')

await page.fill('#filter', '{}')
await page.fill('#vector', '[1, 2]')
await page.click('button[type=submit]')
await page.waitForFunction(() => document.getElementById('vector-error').textContent)
seen.wrongVector = await text('#vector-error')

await page.fill('#vector', JSON.stringify(Array.from({ length: 384 }, (_, i) => Math.sin(i))))
await searched(() => page.click('button[type=submit]'))
seen.byVector = await rows()

await page.click('#index')
await page.waitForFunction(() => /The index is built/.test(document.getElementById('status').textContent))
await page.selectOption('#strategy', 'index')
await searched(() => page.click('button[type=submit]'))
seen.byIndex = await rows()
seen.indexed = await text('#why')
console.log(JSON.stringify(seen))
await browser.close()
