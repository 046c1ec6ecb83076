// Uses the playground as a visitor would: use.mjs URL CHROMIUM FOLDER TEXTS; prints what is seen as one object of JSON.
// Screenshots go to the folder; TEXTS is a file with a list of texts, of which the vectors are printed.
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const [url, executablePath, folder, texts] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const seen = { errors: [], elsewhere: [], requests: [] }

async function open(options) {
  const page = await browser.newPage(options)
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => seen.errors.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()))
  page.on('request', (request) => (request.url().startsWith(url) ? seen.requests : seen.elsewhere).push(request.url()))
  await page.goto(url)
  await page.waitForFunction(() => document.body.dataset.ready || /did not start/.test(document.body.innerText))
  return page
}

const page = await open({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' })
const text = (selector) => page.locator(selector).innerText()

async function shown() {
  const words = (id) => page.locator(`#${id} .word`).allInnerTexts()
  return {
    verdict: await text('#verdict'),
    ours: await words('ours'),
    plain: await words('plain'),
    onlyHere: await page.locator('#ours .only').count(),
    because: await text('#plain-because'),
    matching: await text('#ours-because'),
    topics: await page.locator('#ours .tag:not(.only)').allInnerTexts(),
    stale: await page.evaluate(() => document.body.dataset.stale),
  }
}

// Do something, and wait until it has been searched.
async function searched(act) {
  const before = await page.evaluate(() => document.body.dataset.searches)
  await act()
  await page.waitForFunction((old) => document.body.dataset.searches !== old, before)
  return shown()
}

const press = (name) => page.getByRole('button', { name, exact: true }).click()

seen.status = await text('#status')
seen.first = await shown()
await page.screenshot({ path: `${folder}/playground-light.png`, fullPage: true })

seen.examples = {}
for (const name of await page.locator('#examples button').allInnerTexts()) {
  seen.examples[name] = await searched(() => press(name))
}
seen.example = await page.locator('#filter').inputValue()

// Filters

seen.none = await searched(() => press('Plants'))
seen.typed = await searched(() => page.fill('#filter', '{"topic": {"$in": ["animal", "plant"]}, "letters": 5}'))
for (const details of await page.locator('details').all()) await details.locator('summary').click()
seen.sql = [await text('#ours-sql'), await text('#plain-sql')]
seen.why = await text('#why')
seen.plan = await text('#plan')
await searched(() => press('A mistake'))
seen.fault = await text('#filter-error')
seen.mark = await text('#filter-error mark')
seen.invalid = await page.getAttribute('#filter', 'aria-invalid')
seen.stale = (await shown()).stale
await page.screenshot({ path: `${folder}/playground-mistake.png`, fullPage: true })
await page.fill('#filter', '{"pos": ')
await page.waitForFunction(() => /JSON/.test(document.getElementById('filter-error').textContent))
seen.notJson = await text('#filter-error')
seen.impossible = await searched(() => page.fill('#filter', '{"topic": "no such"}'))

// The keyboard alone; a search that is overtaken; like a result

await page.focus('#filters button:first-child')
seen.everything = await searched(() => page.keyboard.press('Enter'))
seen.overtaken = await searched(async () => {
  await page.evaluate(() => {
    for (const button of document.querySelectorAll('#examples button')) button.click()
    document.querySelector('#examples button').click()
  })
})
await page.waitForTimeout(500)
seen.overtaken = await shown()
seen.like = await searched(() => page.locator('#ours .word >> nth=0').click())
seen.likeText = await page.inputValue('#text')

// Own words: cancelled, failed, and then loaded

seen.early = seen.requests.filter((request) => /model|onnx/.test(request)).map((request) => request.split('/').pop())
const MODEL = '**/model.onnx'
const release = []
await page.route(MODEL, (route) => release.push(() => route.abort()))
await page.fill('#text', 'something sweet to eat')
await page.press('#text', 'Enter')
await page.waitForFunction(() => /of 37.6 MB/.test(document.getElementById('loaded').textContent))
seen.progress = await text('#loaded')
await page.screenshot({ path: `${folder}/playground-loading.png` })
await searched(() => page.click('#cancel'))
seen.cancelled = await text('#text-error')
for (const end of release) await end().catch(() => {})
await page.unroute(MODEL)
await page.route(MODEL, (route) => route.fulfill({ status: 503 }))
await searched(() => page.click('#go'))
seen.failed = await text('#text-error')
await page.unroute(MODEL)
seen.errors = seen.errors.filter((error) => !/503/.test(error)) // what was asked for
seen.own = await searched(() => page.click('#go'))
seen.ownError = await text('#text-error')
seen.note = await text('#model-note')
seen.live = await searched(() => page.fill('#text', 'a strong wind'))

seen.vectors = await page.evaluate(async (given) => {
  const { connect } = await import('./workers.js')
  const { 'database.bin': _, ...sizes } = await (await fetch('sizes.json')).json()
  const worker = connect('model.js', () => {})
  await worker.call('start', sizes)
  const found = []
  for (const one of given) found.push(JSON.parse(await worker.call('embed', one)))
  worker.stop()
  return found
}, JSON.parse(readFileSync(texts, 'utf8')))
await page.close()

// A phone, in the dark

const phone = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', isMobile: true, hasTouch: true })
for (const details of await phone.locator('details').all()) await details.locator('summary').click()
seen.phone = await phone.evaluate(() => ({
  width: document.documentElement.scrollWidth,
  columns: [...document.querySelectorAll('article')].map((article) => article.getBoundingClientRect().left),
  background: getComputedStyle(document.body).backgroundColor,
  wide: [...document.querySelectorAll('body *')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth)
    .map((each) => each.outerHTML.slice(0, 80)),
  unlabelled: [...document.querySelectorAll('input, textarea, progress')]
    .filter((each) => !each.labels.length && !each.ariaLabel)
    .map((each) => each.outerHTML),
}))
await phone.screenshot({ path: `${folder}/playground-phone.png`, fullPage: true })
console.log(JSON.stringify(seen))
await browser.close()
